/**
 * A topic's name as part of a file's. Letters, digits, `.`, `_` and `-`, which are all that Kafka allows in a topic, stand for
 * themselves; every other byte of the UTF-8 text is written `%2F`, so two topics never share a file.
 */
export function safeName(topic: string): string {
  return topic.replace(/[^A-Za-z0-9._-]/gu, (letter) =>
    [...Buffer.from(letter)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** `orders.ndjson` for the topic `orders`. */
export const fileName = (topic: string): string => `${safeName(topic)}.ndjson`;
