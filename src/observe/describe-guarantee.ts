import { formatDuration } from '../kit/duration.ts';
import type { Guarantee } from '../model/guarantee.ts';

/** A guarantee as labelled lines, for a person. */
export function guaranteeLines(told: Guarantee): readonly (readonly [label: string, text: string])[] {
  return [
    ['guarantee', told.guarantee],
    ['method', told.method],
    ['privilege', privilegeText(told)],
    ['look-back', lookbackText(told)],
    ['cost', told.cost],
    ['raised by', told.raise ?? 'nothing'],
    ['cannot see', told.blind.join('; ')],
  ];
}

/** The same in one line. */
export function guaranteeLine(told: Guarantee): string {
  const raise = told.raise === null ? '' : `; raised by: ${told.raise}`;
  return `${told.guarantee} (${told.method}); privilege: ${privilegeText(told)}; look-back: ${lookbackText(told)}; cost: ${told.cost}${raise}`;
}

export function privilegeText({ privilege }: Pick<Guarantee, 'privilege'>): string {
  if (privilege === null) return 'none but SELECT';
  return `${privilege.needed}, ${privilege.missing ? 'which is missing' : 'which it has'}`;
}

export function lookbackText({ lookback }: Pick<Guarantee, 'lookback'>): string {
  return lookback === null ? 'none' : `${formatDuration(lookback.ms)} now (${lookback.by})`;
}
