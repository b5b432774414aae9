import { LiberateError } from '../../kit/errors.ts';
import type { Envelope, Format } from '../../model/format.ts';
import type { EventModel } from '../event-model.ts';
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
  /** Keys are written as JSON objects. */
  readonly jsonKey: boolean;
  readonly model: EventModel;
}

/** LIB108 where the format has no such envelope. */
export function envelopeFormOf({ envelope, format, origin, frame, jsonKey, model }: FormOf): EnvelopeForm {
  refuseMisfit(envelope, format);
  switch (envelope) {
    case 'debezium':
      if (format === 'avro') return debeziumAvro(origin, frame);
      if (format === 'protobuf') return debeziumProtobuf(origin, frame);
      if (format === 'connect') return debeziumJson(origin, debeziumConnect(model), false);
      return debeziumJson(origin, { before: frame, after: Buffer.alloc(0) }, jsonKey && format === 'json');
    case 'cloudevents':
      return cloudEventsBinary();
    case 'cloudevents-structured':
      return cloudEventsStructured(origin, frame);
    default:
      return envelope satisfies never;
  }
}

/** LIB108 */
export function refuseMisfit(envelope: Envelope, format: Format): void {
  if (envelope !== 'cloudevents-structured' || format === 'json' || format === 'json-schema') return;
  throw new LiberateError('LIB108', `envelope is cloudevents-structured, which is one JSON object, and format is ${format}`, {
    cure: 'Take `envelope: cloudevents`, whose attributes are headers, or `format: json`.',
  });
}
