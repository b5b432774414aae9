import type { ConnectionOptions } from 'node:tls';
import type { KafkaConfig, RetryOptions, SASLOptions } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import type { TlsConfig } from '../../kit/tls.ts';
import type { KafkaSinkConfig, Sasl } from '../sink-config.ts';
import { type KafkaLog, logThrough } from './log.ts';
import { Sockets } from './sockets.ts';

export interface KafkaClient {
  readonly kafka: Kafka;
  /** Cuts all of its connections at once and for good. */
  cut(): void;
}

/** Milliseconds for one TCP connection, TLS included; the caller's own deadline bounds the whole. */
const connectionTimeout = 3000;

/**
 * How often kafkajs turns to the next broker of the list, or asks again for metadata without a
 * leader, before it gives up: enough to try each one, and over within about two seconds when each
 * refuses at once. Longer outages are the engine's to wait out.
 */
function patience(brokers: readonly string[]): RetryOptions {
  return { initialRetryTime: 100, multiplier: 1.5, factor: 0.2, maxRetryTime: 400, retries: Math.max(4, brokers.length + 1) };
}

export function tlsOptions(tls: TlsConfig): ConnectionOptions {
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
    ...(tls.servername === null ? {} : { servername: tls.servername }),
  };
}

function saslOptions({ mechanism, username, password }: Sasl): SASLOptions {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
    default:
      return mechanism satisfies never;
  }
}

/** A Kafka instance with connections of its own; nothing is connected yet. */
export function openClient(config: KafkaSinkConfig, log: KafkaLog): KafkaClient {
  const sockets = new Sockets();
  const secrets = [config.sasl?.password, config.tls?.key].filter((secret) => typeof secret === 'string');
  const options: KafkaConfig = {
    clientId: config.clientId,
    brokers: [...config.brokers],
    connectionTimeout,
    requestTimeout: config.deadline,
    // Its own check of timeouts is an interval on every connection; each use of a client has a deadline instead.
    enforceRequestTimeout: false,
    retry: patience(config.brokers),
    socketFactory: sockets.make,
    logLevel: logLevel.WARN,
    logCreator: logThrough(log, secrets),
    ...(config.tls === null ? {} : { ssl: tlsOptions(config.tls) }),
    ...(config.sasl === null ? {} : { sasl: saslOptions(config.sasl) }),
  };
  return { kafka: new Kafka(options), cut: () => sockets.cut() };
}
