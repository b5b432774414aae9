import { LiberateError } from '../../kit/errors.ts';
import type { Envelope, Format, KeyFormat } from '../../model/format.ts';
import type { EventModel } from '../event-model.ts';
import { type BeforeWriter, tellsBefore } from './before.ts';
import { cloudEventsBinary, cloudEventsStructured } from './cloudevents-form.ts';
import { debeziumAvro } from './debezium-avro.ts';
import { debeziumConnect } from './debezium-connect.ts';
import { debeziumJson } from './debezium-json.ts';
import { debeziumProtobuf } from './debezium-protobuf.ts';
import type { EnvelopeForm } from './envelope.ts';
import type { Origin } from './origin.ts';

interface FormOf {
  readonly envelope: Exclude<Envelope, 'none'>;
  readonly format: Format;
  readonly origin: Origin;
  /** A registry's, of the value. */
  readonly frame: Buffer;
  /** null: events have no key. */
  readonly before: BeforeWriter | null;
  readonly model: EventModel;
}

export function envelopeFormOf({ envelope, format, origin, frame, before, model }: FormOf): EnvelopeForm {
  switch (envelope) {
    case 'debezium':
      if (format === 'avro') return debeziumAvro(origin, frame, before);
      if (format === 'protobuf') return debeziumProtobuf(origin, frame, before);
      if (format === 'connect') return debeziumJson(origin, debeziumConnect(model), before);
      return debeziumJson(origin, { before: frame, after: Buffer.alloc(0) }, before);
    case 'cloudevents':
      return cloudEventsBinary();
    case 'cloudevents-structured':
      return cloudEventsStructured(origin, frame);
    default:
      return envelope satisfies never;
  }
}

/** LIB108 where the format has no such envelope. `keyFormat`: null where events have no key. */
export function refuseMisfit(envelope: Envelope, format: Format, keyFormat: KeyFormat | null): void {
  if (envelope === 'debezium' && keyFormat !== null && !tellsBefore(keyFormat, format)) {
    throw new LiberateError(
      'LIB108',
      `envelope is debezium, whose deletes tell the key, and a key in ${keyFormat} cannot stand in ${format}`,
      {
        cure: 'Leave `keyFormat:` out, or take json or string.',
      },
    );
  }
  if (envelope !== 'cloudevents-structured' || format === 'json' || format === 'json-schema') return;
  throw new LiberateError('LIB108', `envelope is cloudevents-structured, which is one JSON object, and format is ${format}`, {
    cure: 'Take `envelope: cloudevents`, whose attributes are headers, or `format: json`.',
  });
}
