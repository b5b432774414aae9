import { createRequire } from 'node:module';
import type { logCreator } from 'kafkajs';
import { logLevel } from 'kafkajs';
import { redactSecrets } from '../../kit/redact.ts';

export interface KafkaLogEntry {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  /** The part of kafkajs that speaks, e.g. `Connection`. */
  readonly namespace: string;
  readonly broker?: string;
  readonly error?: string;
}

export type KafkaLog = (entry: KafkaLogEntry) => void;

interface BrokerCode {
  readonly message: string;
  readonly retriable: boolean;
}

/** kafkajs logs a broker's code by its text alone, from this table of its own. */
function passingTexts(): ReadonlySet<string> {
  const { errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as { readonly errorCodes: readonly BrokerCode[] };
  return new Set(errorCodes.filter(({ retriable }) => retriable).map(({ message }) => message));
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Lines of kafkajs as log entries. It logs an error wherever it throws one, or is about to try
 * again. What it throws reaches the caller as a LiberateError and is reported there, so its errors
 * are warnings here; answers that pass by themselves (a new leader, a loading coordinator) are for
 * debugging only. Only named fields are handed on, never a request's payload.
 */
export function logThrough(log: KafkaLog, secrets: readonly string[]): logCreator {
  const passing = passingTexts();
  return () =>
    ({ namespace, level, log: line }) => {
      const error = text(line['error']);
      const broker = text(line['broker']);
      const passes = [line.message, error].some(
        (said) => said !== undefined && passing.has(said.replace(/^Failed to send messages: /, '')),
      );
      log({
        level: level === logLevel.INFO ? 'info' : level === logLevel.DEBUG || passes ? 'debug' : 'warn',
        message: redactSecrets(line.message, secrets),
        namespace,
        ...(broker === undefined ? {} : { broker }),
        ...(error === undefined ? {} : { error: redactSecrets(error, secrets) }),
      });
    };
}
