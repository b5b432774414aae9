export interface BrokerCode {
  readonly type: string;
  /** It may pass by itself. */
  readonly retriable: boolean;
  readonly text: string;
}

const code = (number: number, type: string, retriable: boolean, text: string): readonly [number, BrokerCode] => [
  number,
  { type, retriable, text },
];

/** The codes that what we ask can be answered with, by the names under which `errors.ts` sorts them. */
export const brokerCodes: ReadonlyMap<number, BrokerCode> = new Map([
  code(-1, 'UNKNOWN', false, 'the broker met an error of its own'),
  code(2, 'CORRUPT_MESSAGE', true, 'the record batch does not match its checksum'),
  code(3, 'UNKNOWN_TOPIC_OR_PARTITION', true, 'the broker does not have this topic or partition'),
  code(5, 'LEADER_NOT_AVAILABLE', true, 'the partition has no leader at this moment'),
  code(6, 'NOT_LEADER_FOR_PARTITION', true, 'the broker is not the leader of the partition any more'),
  code(7, 'REQUEST_TIMED_OUT', true, 'the replicas did not confirm in time'),
  code(8, 'BROKER_NOT_AVAILABLE', true, 'the broker is not available'),
  code(10, 'MESSAGE_TOO_LARGE', false, 'the record batch is larger than the topic accepts'),
  code(13, 'NETWORK_EXCEPTION', true, 'the broker lost its own connection'),
  code(14, 'GROUP_LOAD_IN_PROGRESS', true, 'the coordinator is still loading'),
  code(15, 'GROUP_COORDINATOR_NOT_AVAILABLE', true, 'the coordinator is not available'),
  code(16, 'NOT_COORDINATOR_FOR_GROUP', true, 'the broker is not the coordinator'),
  code(17, 'INVALID_TOPIC_EXCEPTION', false, 'the topic name is not valid'),
  code(18, 'RECORD_LIST_TOO_LARGE', false, 'the record batch is larger than a segment of the log'),
  code(19, 'NOT_ENOUGH_REPLICAS', true, 'fewer replicas are in sync than the topic asks for'),
  code(20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', true, 'the records are written, but to fewer replicas than the topic asks for'),
  code(21, 'INVALID_REQUIRED_ACKS', false, 'the broker does not know these acks'),
  code(29, 'TOPIC_AUTHORIZATION_FAILED', false, 'the user may not write to the topic'),
  code(31, 'CLUSTER_AUTHORIZATION_FAILED', false, 'the user may not write to this cluster with idempotence'),
  code(32, 'INVALID_TIMESTAMP', false, 'the time of a record lies outside of what the topic accepts'),
  code(33, 'UNSUPPORTED_SASL_MECHANISM', false, 'the listener does not offer this SASL mechanism'),
  code(34, 'ILLEGAL_SASL_STATE', false, 'the listener does not expect a login'),
  code(35, 'UNSUPPORTED_VERSION', false, 'the broker does not know this version of the request'),
  code(42, 'INVALID_REQUEST', false, 'the broker finds the request malformed'),
  code(43, 'UNSUPPORTED_FOR_MESSAGE_FORMAT', false, "the topic's message format is too old"),
  code(44, 'POLICY_VIOLATION', false, 'the request breaks a policy of the cluster'),
  code(45, 'OUT_OF_ORDER_SEQUENCE_NUMBER', false, 'an earlier record batch of this producer is missing'),
  code(46, 'DUPLICATE_SEQUENCE_NUMBER', false, 'the record batch was written before'),
  code(47, 'INVALID_PRODUCER_EPOCH', false, 'a newer producer has taken the place of this one'),
  code(51, 'CONCURRENT_TRANSACTIONS', true, 'another operation of this producer is under way'),
  code(53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', false, 'the user may not use transactions'),
  code(55, 'OPERATION_NOT_ATTEMPTED', true, 'the broker did not try'),
  code(56, 'KAFKA_STORAGE_ERROR', true, 'the broker cannot use the disk of the partition'),
  code(58, 'SASL_AUTHENTICATION_FAILED', false, 'the login was refused'),
  code(59, 'UNKNOWN_PRODUCER_ID', false, 'the broker has forgotten this producer'),
  code(72, 'LISTENER_NOT_FOUND', true, "the partition's leader does not have this listener"),
  code(74, 'FENCED_LEADER_EPOCH', true, 'the partition has a newer leader'),
  code(75, 'UNKNOWN_LEADER_EPOCH', true, 'the broker does not know the newest leader yet'),
  code(76, 'UNSUPPORTED_COMPRESSION_TYPE', false, 'the broker does not know this compression'),
  code(87, 'INVALID_RECORD', false, 'the broker refuses a record'),
  code(89, 'THROTTLING_QUOTA_EXCEEDED', true, 'a quota of the cluster is used up'),
  code(90, 'PRODUCER_FENCED', false, 'a newer producer has taken the place of this one'),
]);
