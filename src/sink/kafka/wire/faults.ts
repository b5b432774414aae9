import { brokerCodes } from './broker-codes.ts';

/** A connection that could not be made, or is lost; the system's own error is its cause. */
export class ConnectionFault extends Error {
  override readonly name = 'KafkaConnectionFault';
}

/** Bytes that are not an answer to what was asked. */
export class WireFault extends Error {
  override readonly name = 'KafkaWireFault';
}

/** What the broker refused, by its code. */
export class BrokerFault extends Error {
  override readonly name = 'KafkaBrokerFault';
  readonly type: string;
  readonly retriable: boolean;

  /** `words`: the broker's own, where it gives any. */
  constructor(number: number, words: string | null = null) {
    const { type, retriable, text } = brokerCodes.get(number) ?? { type: `ERROR_${number}`, retriable: false, text: 'an unknown error' };
    super(words === null || words === '' ? text : words);
    this.type = type;
    this.retriable = retriable;
  }
}

/** Throws the fault of a code that is not 0. */
export function refuse(code: number, words: string | null = null): void {
  if (code !== 0) throw new BrokerFault(code, words);
}
