/** Milliseconds from the first signal to a hard end: a graceful stop takes less. */
const patience = 4500;

/** What the process was told to stop by. */
export class Interrupted {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    this.signal = signal;
  }
}

export const interruptedExit = 130;

/** The first SIGINT or SIGTERM aborts; a second one, or patience running out, ends the process at once. */
export function onSignals(controller: AbortController, told: (signal: NodeJS.Signals) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(interruptedExit);
    controller.abort(new Interrupted(signal));
    told(signal);
    timer = setTimeout(() => process.exit(interruptedExit), patience).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return () => {
    clearTimeout(timer);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
}
