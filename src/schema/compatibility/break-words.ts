import type { Break, Direction } from './compatibility.ts';
import type { Difference } from './difference.ts';

/** Who is left behind, and with what. */
export const whoBreaks: { readonly [D in Direction]: string } = {
  backward: 'consumers of the new schema cannot read the events of before',
  forward: 'consumers of the schema before cannot read the new events',
};

/** What differs, in the words of the source: `column "note" was text NOT NULL, is text`. */
export function differenceText({ kind, field, column, was, is }: Difference): string {
  const of = field === column ? `column "${column}"` : `column "${column}", published as "${field}",`;
  switch (kind) {
    case 'added':
      return `${of} is new: ${is}`;
    case 'dropped':
      return `${of} is gone: it was ${was}`;
    case 'key':
      return `the key was ${was}, is ${is}`;
    case 'format':
    case 'keyFormat':
    case 'envelope':
      return `\`${kind}\` was ${was}, is ${is}`;
    case 'order':
      return `the columns were in the order ${was}, and are in that of ${is}`;
    case 'column':
      return `"${field}" was column "${was}", is column "${is}"`;
    case 'cursor':
      return `${of} was ${was}, is ${is}`;
    case 'labels':
    case 'default':
    case 'comment':
      return `the ${kind} of ${of} was ${was ?? 'none'}, is ${is ?? 'none'}`;
    case 'type':
    case 'null':
    case 'not null':
    case 'name':
      return `${of} was ${was}, is ${is}`;
    default:
      return kind satisfies never;
  }
}

/** What differs, whom it breaks and why. */
export const breakText = ({ difference, direction, why }: Break): string =>
  `${differenceText(difference)}: ${whoBreaks[direction]}, since ${why}`;
