import type { Envelope, Format } from '../../model/format.ts';
import type { OutboundRecord } from '../../model/record.ts';
import { eventSource, eventTypes } from './cloudevent.ts';
import type { Origin } from './origin.ts';

/** Which records the headers are of. */
export interface HeadersOf {
  readonly operation: 'upsert' | 'delete';
  /** They have a value. */
  readonly valued: boolean;
  readonly place: Origin;
}

const contentTypes: Readonly<Record<Format, string>> = {
  json: 'application/json',
  connect: 'application/json',
  'json-schema': 'application/schema+json',
  avro: 'application/avro',
  protobuf: 'application/protobuf',
};

/** The headers that an envelope gives to all records of a kind; what differs from record to record comes beside. */
export function envelopeHeaders(envelope: Envelope, format: Format, { operation, valued, place }: HeadersOf): OutboundRecord['headers'] {
  switch (envelope) {
    case 'none':
    case 'debezium':
      return {};
    case 'cloudevents':
      return {
        ...(valued ? { 'content-type': contentTypes[format] } : {}),
        ce_specversion: '1.0',
        ce_source: eventSource(place),
        ce_type: eventTypes[operation],
      };
    case 'cloudevents-structured':
      return valued ? { 'content-type': 'application/cloudevents+json; charset=UTF-8' } : {};
    default:
      return envelope satisfies never;
  }
}
