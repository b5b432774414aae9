import { ceiling, type Figures, type Measured } from './result.ts';

/** Something that does the work of a case and is measured while it does. */
export interface Contender {
  readonly name: string;
  round(): Promise<Figures>;
}

/**
 * One round of each in turn, so that a slow minute of the machine hits all of them; who begins changes each round.
 * Beforehand the first goes once unmeasured: the table comes into the caches, the broker's code to speed.
 */
export async function inTurn(contenders: readonly Contender[], rounds: number, note: (text: string) => void): Promise<readonly Measured[]> {
  const [first] = contenders;
  if (first === undefined) return [];
  await first.round();
  const measured = contenders.map(({ name }) => ({ name, rounds: [] as Figures[] }));
  for (let round = 0; round < rounds; round++) {
    for (const place of rotated(contenders.length, round)) {
      const contender = contenders[place] as Contender;
      note(`round ${round + 1} of ${rounds}: ${contender.name}`);
      measured[place]?.rounds.push(await contender.round());
    }
  }
  return withRatios(measured);
}

export function rotated(length: number, by: number): readonly number[] {
  return Array.from({ length }, (_, index) => (index + by) % length);
}

/**
 * Adds to each contender its speed as a part of the ceiling's in the same round, and to the second subject of a
 * comparison as a part of the first one's.
 */
export function withRatios(measured: readonly Measured[]): readonly Measured[] {
  const top = measured.find(({ name }) => name === ceiling);
  const first = measured.find(({ name }) => name !== ceiling);
  return measured.map(({ name, rounds }) => ({
    name,
    rounds: rounds.map((figures, round) => ({
      ...figures,
      ...(name === ceiling ? {} : ratio(top, figures, round)),
      ...(name === ceiling || name === first?.name ? {} : ratio(first, figures, round)),
    })),
  }));
}

function ratio(reference: Measured | undefined, figures: Figures, round: number): Figures {
  const wall = reference?.rounds[round]?.['wall s'];
  const own = figures['wall s'];
  return reference === undefined || wall === undefined || own === undefined ? {} : { [`of ${reference.name}`]: wall / own };
}
