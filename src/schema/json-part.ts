import { type Around, bare, PackedObject } from './json-packed.ts';
import { jsonText, take } from './json-text.ts';
import type { PartWriter } from './part-writer.ts';
import type { Slot } from './slot.ts';

/** JSON objects as one part of an event, beside a part in another format. */
export function jsonPart(slots: readonly Slot[], around: Around = bare): PartWriter {
  const text = jsonText(slots, around);
  const object = new PackedObject(slots, around);
  return {
    write: (rows, at, _timestamp, into) => {
      if (rows.packed === null) {
        text(rows.values(at), into);
        return;
      }
      const desk = rows.packed.desk(object.leads.length + object.most(rows.packed, at));
      // Each time: another part of the event may have written there.
      object.leads.copy(rows.packed.bytes, desk);
      const start = desk + object.leads.length;
      const end = object.write(rows.packed, at, desk, start);
      take(rows.packed.bytes, start, end, into);
    },
  };
}
