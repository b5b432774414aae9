import type { Column } from '../model/column.ts';
import type { Deletion } from '../model/deletion.ts';
import type { Flavour } from './flavour.ts';

/** SQL that holds for the rows which are marked as deleted; where it is NULL, a row is not. `columnOf`: how a column is named there. */
export function deletedCondition(flavour: Flavour, deletion: Deletion, columnOf: (column: Column) => string): string {
  // The closing parenthesis has a line of its own: the text may end in a comment.
  return deletion.kind === 'condition' ? `(\n${deletion.sql}\n)` : flavour.marks(columnOf(deletion.column), deletion.column);
}
