/** A queue of one: each work begins when the one before it has settled, in the order of the calls. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    // The next in turn does not care how this one ended; whoever asked for it does.
    last = mine.catch(() => undefined);
    return mine;
  };
}
