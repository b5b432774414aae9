/** What a test needs to reach the servers; plain JSON, as it crosses process borders. */
export interface ServerFacts {
  readonly postgres: DatabaseFacts;
  readonly mariadb: DatabaseFacts;
  readonly kafka: KafkaFacts;
  readonly registry: RegistryFacts;
}

/** A registry takes half a minute and 300 MB: it is started when a test asks for it. */
export interface RegistryFacts {
  /** Where GET answers with the URL of its API, once it is up. */
  readonly starter: string;
}

export interface DatabaseFacts {
  /** The administrator's, with password. */
  readonly url: string;
  /** The CA that signed the server's certificate (TLS on the same port), or null when it is not ours. */
  readonly caFile: string | null;
}

export interface KafkaFacts {
  /** Without TLS or passwords. */
  readonly brokers: readonly string[];
  /** The listener behind a proxy of the test's own, in a broker started with `proxyPort`. */
  readonly proxyTarget: number | null;
  /** Null when the broker is not ours: the tests of TLS and SASL then skip with `notOurBroker`. */
  readonly secure: SecureKafkaFacts | null;
}

export interface SecureKafkaFacts {
  readonly caFile: string;
  readonly tlsBrokers: readonly string[];
  /** PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512, all with the same user and password. */
  readonly saslBrokers: readonly string[];
  readonly saslTlsBrokers: readonly string[];
  readonly user: string;
  readonly password: string;
}

export const notOurBroker = 'LIBERATE_TEST_KAFKA_BROKERS names a broker whose TLS and SASL set-up is not known';
