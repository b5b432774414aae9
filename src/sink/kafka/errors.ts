import { type ErrorCode, LiberateError } from '../../kit/errors.ts';

/** What was tried, for the message: `publishing to topic shop.orders`. */
export interface Attempted {
  readonly what: string;
  readonly brokers: readonly string[];
}

interface Verdict {
  readonly code: ErrorCode;
  readonly cure?: string;
}

/** Native errors come wrapped, often twice, and by the dozen when topics are made. */
interface NativeError {
  readonly name?: string;
  readonly type?: string;
  readonly code?: string | number;
  readonly message?: string;
  readonly retriable?: boolean;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

const passes = 'Nothing: it is tried again on a new connection; look at the broker if it goes on.';

/** The broker's own codes, by the name that Kafka gives them. */
const byType: Readonly<Record<string, Verdict>> = {
  TOPIC_AUTHORIZATION_FAILED: {
    code: 'LIB310',
    cure: 'Grant the user WRITE and DESCRIBE on the topic, and CREATE when liberate is to make it.',
  },
  CLUSTER_AUTHORIZATION_FAILED: {
    code: 'LIB310',
    cure: 'Grant the user IDEMPOTENT_WRITE on the cluster (or set idempotent: false), and CREATE when liberate is to make topics.',
  },
  SASL_AUTHENTICATION_FAILED: { code: 'LIB302', cure: 'Check sasl.username, sasl.password and sasl.mechanism.' },
  UNSUPPORTED_SASL_MECHANISM: { code: 'LIB302', cure: 'Set sasl.mechanism to one that this listener offers.' },
  ILLEGAL_SASL_STATE: {
    code: 'LIB302',
    cure: 'This listener does not ask for a login: remove sasl, or use the port of the SASL listener.',
  },
  UNKNOWN_TOPIC_OR_PARTITION: { code: 'LIB303' },
  INVALID_TOPIC_EXCEPTION: { code: 'LIB304', cure: 'Choose a topic name that the cluster accepts.' },
  INVALID_PARTITIONS: { code: 'LIB304', cure: 'Set topicDefaults.partitions to a number that the cluster accepts.' },
  INVALID_REPLICATION_FACTOR: { code: 'LIB304', cure: 'Set topicDefaults.replication to at most the number of brokers.' },
  INVALID_CONFIG: { code: 'LIB304', cure: 'Check the settings in topicDefaults.config: the broker refuses one of them.' },
  POLICY_VIOLATION: { code: 'LIB304', cure: 'Adapt topicDefaults to the policy of the cluster, or have the topic made by its owner.' },
  MESSAGE_TOO_LARGE: { code: 'LIB305' },
  RECORD_LIST_TOO_LARGE: { code: 'LIB305' },
  INVALID_TIMESTAMP: {
    code: 'LIB309',
    cure: "Raise the topic's message.timestamp.before.max.ms or message.timestamp.after.max.ms, or mend the row's time.",
  },
  INVALID_RECORD: { code: 'LIB309', cure: 'A compacted topic takes no record without a key: give the job a key, or another topic.' },
  UNSUPPORTED_COMPRESSION_TYPE: { code: 'LIB309', cure: 'Choose another compression.' },
  REQUEST_TIMED_OUT: { code: 'LIB308', cure: 'Nothing: it is tried again; look whether all replicas are up if it goes on.' },
  NOT_ENOUGH_REPLICAS: { code: 'LIB306', cure: "Bring the missing brokers back, or lower the topic's min.insync.replicas." },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: { code: 'LIB306', cure: "Bring the missing brokers back, or lower the topic's min.insync.replicas." },
  // The producer's own bookkeeping: it is opened anew after every failure, so trying again helps.
  OUT_OF_ORDER_SEQUENCE_NUMBER: { code: 'LIB306', cure: passes },
  DUPLICATE_SEQUENCE_NUMBER: { code: 'LIB306', cure: passes },
  UNKNOWN_PRODUCER_ID: { code: 'LIB306', cure: passes },
  INVALID_PRODUCER_EPOCH: { code: 'LIB306', cure: passes },
  UNKNOWN: { code: 'LIB306', cure: passes },
};

const wrongCa = "Give the certificate of the CA that signed the broker's as tls.ca.";

/** What Node and OpenSSL say while they open a TLS connection. */
const byTlsCode: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: wrongCa,
  SELF_SIGNED_CERT_IN_CHAIN: wrongCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: wrongCa,
  UNABLE_TO_GET_ISSUER_CERT: wrongCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: wrongCa,
  CERT_SIGNATURE_FAILURE: wrongCa,
  CERT_UNTRUSTED: wrongCa,
  CERT_HAS_EXPIRED: "Have the broker's certificate renewed.",
  CERT_NOT_YET_VALID: 'Check the clocks of this machine and of the broker.',
  CERT_REVOKED: "Have the broker's certificate renewed.",
  ERR_TLS_CERT_ALTNAME_INVALID: 'Name the broker as its certificate does, or give that name as tls.servername.',
  EPROTO: "Check that this port is a TLS listener and that it accepts this client's certificate.",
};

const notKafka = 'Check that a Kafka broker of version 2.1 or later listens at this address, and that tls and sasl are as it asks for.';

const unreachable =
  "Check the brokers' addresses and that they are up; a listener also closes the connection when it asks for tls or sasl and gets none, or the other way round.";

/** Names under which kafkajs and our own client say that a connection, a broker or its answer is not there. */
const absences: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSError',
  'KafkaConnectionFault',
]);

/** The wrapped errors from the outermost to the innermost, the first of each bundle. */
function chain(error: unknown): readonly NativeError[] {
  const found: NativeError[] = [];
  for (let at = error; typeof at === 'object' && at !== null && found.length < 8; ) {
    const native = at as NativeError;
    if (found.includes(native)) break;
    found.push(native);
    at = native.errors?.[0] ?? native.cause;
  }
  return found;
}

/** The broker's code of an error, by name; null when it is not the broker's. */
export function brokerCode(error: unknown): string | null {
  return chain(error).find(({ type }) => typeof type === 'string')?.type ?? null;
}

function verdictOfBroker(type: string, retriable: boolean): Verdict {
  return byType[type] ?? (retriable ? { code: 'LIB306', cure: passes } : { code: 'LIB309' });
}

function verdict(errors: readonly NativeError[]): Verdict | null {
  const answer = errors.find(({ type }) => typeof type === 'string');
  if (answer?.type !== undefined) return verdictOfBroker(answer.type, answer.retriable === true);
  const names = errors.map(({ name }) => name);
  if (names.includes('KafkaJSSASLAuthenticationError'))
    return { code: 'LIB302', cure: 'Check sasl.username, sasl.password and sasl.mechanism.' };
  const native = errors.map(({ code }) => code).find((code) => typeof code === 'string');
  if (native !== undefined) {
    const cure = byTlsCode[native] ?? (/^ERR_(SSL|TLS|OSSL)_/.test(native) ? byTlsCode['EPROTO'] : undefined);
    if (cure !== undefined) return { code: 'LIB302', cure };
  }
  if (names.some((name) => name === 'KafkaJSRequestTimeoutError' || name === 'KafkaJSLockTimeout')) return { code: 'LIB308' };
  if (names.includes('KafkaWireFault')) return { code: 'LIB301', cure: notKafka };
  return names.some((name) => name !== undefined && absences.has(name)) ? { code: 'LIB301', cure: unreachable } : null;
}

/** Any error of a Kafka client as a LiberateError; what is not one of its errors is returned as it is. */
export function sortKafkaError(error: unknown, { what, brokers }: Attempted): unknown {
  if (error instanceof LiberateError) return error;
  const errors = chain(error);
  const found = verdict(errors);
  if (found === null) return error;
  const innermost = errors.find(({ type }) => typeof type === 'string') ?? errors.at(-1);
  const name = innermost?.type ?? (typeof innermost?.code === 'string' ? innermost.code : null);
  const words = `${innermost?.message ?? 'no reason given'}${name === null ? '' : ` (${name})`}`;
  const where = found.code === 'LIB301' || found.code === 'LIB302' ? ` at ${brokers.join(', ')}` : '';
  return new LiberateError(found.code, `${what}${where}: ${words}`, {
    ...(found.cure === undefined ? {} : { cure: found.cure }),
    cause: error,
  });
}
