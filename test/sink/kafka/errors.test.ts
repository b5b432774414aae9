import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { LiberateError } from '../../../src/kit/errors.ts';
import { sortKafkaError } from '../../../src/sink/kafka/errors.ts';
import { blame, nameOf } from '../../../src/sink/kafka/record-faults.ts';
import { batchOf } from '../batch.ts';
import { record } from './place.ts';

const attempted = { what: 'publishing to topic t', brokers: ['one:9092', 'two:9092'] };

/** As kafkajs throws them: wrapped in what its retries make of them. */
const answer = (type: string, retriable: boolean): Error => {
  const native = new kafkajs.KafkaJSProtocolError(Object.assign(new Error(`words of ${type}`), { type, retriable }) as never);
  return retriable
    ? new kafkajs.KafkaJSNumberOfRetriesExceeded(native, { retryCount: 0, retryTime: 300 })
    : Object.assign(new kafkajs.KafkaJSNonRetriableError(native), { cause: native });
};
const broken = (code: string | undefined): Error =>
  new kafkajs.KafkaJSNumberOfRetriesExceeded(
    new kafkajs.KafkaJSConnectionError(`Connection error: ${code}`, { broker: 'one:9092', ...(code === undefined ? {} : { code }) }),
    { retryCount: 0, retryTime: 300 },
  );

const answers: readonly (readonly [string, boolean, string])[] = [
  ['TOPIC_AUTHORIZATION_FAILED', false, 'LIB310'],
  ['CLUSTER_AUTHORIZATION_FAILED', false, 'LIB310'],
  ['SASL_AUTHENTICATION_FAILED', false, 'LIB302'],
  ['UNKNOWN_TOPIC_OR_PARTITION', true, 'LIB303'],
  ['MESSAGE_TOO_LARGE', false, 'LIB305'],
  ['INVALID_TIMESTAMP', false, 'LIB309'],
  ['REQUEST_TIMED_OUT', true, 'LIB308'],
  ['NOT_LEADER_FOR_PARTITION', true, 'LIB306'],
  ['NOT_ENOUGH_REPLICAS', true, 'LIB306'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', false, 'LIB306'],
  ['SOMETHING_NEW_AND_FINAL', false, 'LIB309'],
  ['SOMETHING_NEW_THAT_PASSES', true, 'LIB306'],
];

describe('an answer of the broker', () => {
  for (const [type, retriable, code] of answers) {
    it(`${type} is ${code}`, () => {
      const sorted = sortKafkaError(answer(type, retriable), attempted) as LiberateError;
      expect(sorted.code).toBe(code);
      expect(sorted.message).toContain('publishing to topic t');
      expect(sorted.message).toContain(`words of ${type} (${type})`);
      expect(sorted.transient).toBe(retriable ? type !== 'UNKNOWN_TOPIC_OR_PARTITION' : code === 'LIB306');
    });
  }

  it('among several, for the topics that were to be made, is found', () => {
    const error = new kafkajs.KafkaJSAggregateError('Topic creation errors', [answer('POLICY_VIOLATION', false)]);
    expect(sortKafkaError(error, attempted)).toMatchObject({ code: 'LIB304' });
  });
});

describe('a connection', () => {
  const failures: readonly (readonly [string | undefined, string, RegExp])[] = [
    ['ECONNREFUSED', 'LIB301', /addresses/],
    ['ENOTFOUND', 'LIB301', /addresses/],
    [undefined, 'LIB301', /addresses/],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'LIB302', /tls\.ca/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'LIB302', /tls\.ca/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'LIB302', /tls\.servername/],
    ['CERT_HAS_EXPIRED', 'LIB302', /renewed/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'LIB302', /TLS listener/],
  ];
  for (const [code, liberate, cure] of failures) {
    it(`that fails with ${code ?? 'no code'} is ${liberate}`, () => {
      const sorted = sortKafkaError(broken(code), attempted) as LiberateError;
      expect(sorted.code).toBe(liberate);
      expect(sorted.message).toContain('one:9092, two:9092');
      expect(sorted.cure).toMatch(cure);
    });
  }
});

it('what is not of Kafka is left as it is', () => {
  const defect = new TypeError('x is not a function');
  expect(sortKafkaError(defect, attempted)).toBe(defect);
});

describe('the record to blame', () => {
  const refused = (code: 'LIB305' | 'LIB309') => new LiberateError(code, 'publishing to topic t: refused');

  it('is the largest for a batch that is too large', () => {
    const records = [record('a', 'x'), record('b', 'x'.repeat(50)), record('c', null)];
    expect(blame(refused('LIB305'), 't', batchOf(records), 100, 'MESSAGE_TOO_LARGE').message).toContain('the record with key b');
  });

  it('is the one farthest from now for a time that is not allowed', () => {
    const now = Date.now();
    const records = [record('a', 'x', { timestamp: String(now) }), record('b', 'x', { timestamp: '0' })];
    expect(blame(refused('LIB309'), 't', batchOf(records), 100, 'INVALID_TIMESTAMP').message).toMatch(
      /the record with key b, whose time is 0 ms/,
    );
  });

  it('is the one without a key on a compacted topic', () => {
    expect(blame(refused('LIB309'), 't', batchOf([record('a', 'x'), record(null, 'x')]), 100, 'INVALID_RECORD').message).toContain(
      'a record without a key',
    );
  });

  it('is named by its text, shortened, or in hex', () => {
    expect(nameOf(Buffer.from('{"id":1}'))).toBe('the record with key {"id":1}');
    expect(nameOf(Buffer.from('x'.repeat(200)))).toBe(`the record with key ${'x'.repeat(120)}…`);
    expect(nameOf(Buffer.from([0, 255]))).toBe('the record with key 0x00ff');
  });
});
