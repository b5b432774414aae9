import { put, putText } from '../batch-bytes.ts';
import { type EventIdentity, eventIdentity, eventSource, eventTypes } from './cloudevent.ts';
import type { EnvelopeForm } from './envelope.ts';
import type { Origin } from './origin.ts';

const none = Buffer.alloc(0);

const headersOf = ({ id, time, subject }: EventIdentity, keyed: boolean): Readonly<Record<string, string>> => ({
  ce_id: id,
  ce_time: time,
  ...(keyed ? { ce_subject: subject } : {}),
});

/** CloudEvents whose attributes are headers, and whose data is the value as it would be without them. */
export function cloudEventsBinary(): EnvelopeForm {
  return {
    value: (_told, _key, row, into) => {
      const from = into.length;
      row();
      into.markCore(from, into.length);
    },
    // The tombstone is an event itself: one without data.
    gone: null,
    headers: ({ timestamp }, key, row) => headersOf(eventIdentity(key, row, timestamp), key.length > 0),
  };
}

const dataName = Buffer.from(',"data":');

/** CloudEvents in one JSON object, the row last in it. */
export function cloudEventsStructured(origin: Origin, frame: Buffer): EnvelopeForm {
  const source = JSON.stringify(eventSource(origin));
  const head = (type: string, { id, time, subject }: EventIdentity, keyed: boolean): string =>
    `{"specversion":"1.0","id":"${id}","source":${source},"type":"${type}","time":"${time}"${keyed ? `,"subject":${JSON.stringify(subject)}` : ''}`;
  return {
    value: ({ timestamp }, key, row, into) => {
      // The id follows from the row, which stands behind it: it is written first, and then moved to its place.
      const start = into.length;
      row();
      const bytes = Buffer.from(into.bytes.subarray(start, into.length));
      const copied = key === null ? none : Buffer.from(key);
      into.length = start;
      put(frame, into);
      putText(
        `${head(eventTypes.upsert, eventIdentity(copied, bytes, timestamp), key !== null)},"datacontenttype":"application/json"`,
        into,
      );
      put(dataName, into);
      const from = into.length;
      put(bytes, into);
      into.markCore(from, into.length);
      putText('}', into);
    },
    gone: ({ timestamp }, key, into) => {
      put(frame, into);
      putText(`${head(eventTypes.delete, eventIdentity(key, null, timestamp), true)}}`, into);
    },
    headers: null,
    rowIn: (value) => {
      const at = value.indexOf(dataName, frame.length);
      return at < 0 ? null : value.subarray(at + dataName.length, value.length - 1);
    },
  };
}
