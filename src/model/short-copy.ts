/** Bytes of a piece up to which copying within one buffer is faster word by word: a call of `copyWithin` costs as much as 60 of them. */
export const shortWithin = 64;
/** The same between two buffers: what `copy` calls for each piece makes an object. */
export const shortBetween = 200;

/**
 * Copies a short piece, four bytes at a time from where it lies. Reads and writes up to three bytes behind it: there
 * must be room, and nothing there that counts.
 */
export function copyShort(from: DataView, start: number, size: number, to: DataView, at: number): void {
  for (let done = 0; done < size; done += 4) to.setInt32(at + done, from.getInt32(start + done, true), true);
}
