import type { OutboundRecord } from '../../model/record.ts';
import type { RowBatch } from '../../model/row.ts';
import type { Value } from '../../model/value.ts';
import type { Encoder } from '../encoder.ts';
import { valueText } from '../value-text.ts';
import { headerPieces } from './header-template.ts';

type Headers = OutboundRecord['headers'];
type HeadersOf = (values: readonly Value[]) => Headers;

/** Headers made of a row's columns. One whose columns are NULL is left out. `columns`: the names behind the values of a row. */
function headersOf(templates: Headers, columns: readonly string[]): HeadersOf {
  const made = Object.entries(templates).map(([header, template]) => ({
    header,
    pieces: headerPieces(template).map((piece) => (piece.kind === 'text' ? piece.text : columns.indexOf(piece.name))),
  }));
  return (values) => {
    const headers: Record<string, string> = {};
    for (const { header, pieces } of made) {
      const text = joined(pieces, values);
      if (text !== null) headers[header] = text;
    }
    return headers;
  };
}

function joined(pieces: readonly (string | number)[], values: readonly Value[]): string | null {
  let text = '';
  for (const piece of pieces) {
    const value = typeof piece === 'string' ? piece : values[piece];
    if (value === null || value === undefined) return null;
    text += valueText(value);
  }
  return text;
}

/** What decides the partition: the columns' texts, parted by commas; NULL is no text. */
export function routeText(values: readonly (Value | undefined)[]): string {
  return values.map((value) => (value === null || value === undefined ? '' : valueText(value))).join(',');
}

/** The same events, with headers of each row's own, and sent to the partition that some columns decide. */
export function perRecord(
  encoder: Encoder,
  { headers, partitionBy }: { readonly headers: Headers; readonly partitionBy: readonly string[] },
  columns: readonly string[],
): Encoder {
  const own = Object.keys(headers).length === 0 ? null : headersOf(headers, columns);
  const places = partitionBy.map((name) => columns.indexOf(name));
  if (own === null && places.length === 0) return encoder;
  const dressed =
    (add: Encoder['append']): Encoder['append'] =>
    (rows: RowBatch, at, timestamp, into) => {
      const before = into.count;
      add(rows, at, timestamp, into);
      const values = rows.values(at);
      for (let record = before; record < into.count; record += 1) {
        if (own !== null) into.addHeaders(record, own(values));
        if (places.length > 0) into.addRoute(record, Buffer.from(routeText(places.map((place) => values[place]))));
      }
    };
  return { ...encoder, append: dressed(encoder.append), bury: dressed(encoder.bury) };
}
