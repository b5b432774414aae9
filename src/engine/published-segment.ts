import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { LiberateError } from '../kit/errors.ts';
import { putUnknown } from './event-digest.ts';
import { digestWords, isNothing } from './verify-digest.ts';

/** Bytes of an event's digest, as it is kept. */
const digestBytes = 8;
const version = 2;
/** Its digests are of another kind: of what it says of a value nothing is known any more, of a tombstone all. */
const sha256Version = 1;
/** Bytes of a key up to which a loop is faster than a call. */
const shortKey = 48;
/** Version and count. */
const headBytes = 5;
/** Keys are much alike and digests are not: more effort than this makes them hardly smaller. */
const level = 1;

/** Collects keys with their newest events, to be packed. */
export class SegmentWriter {
  #keys: Buffer = Buffer.allocUnsafe(1024);
  #length = 0;
  #digests: Buffer = Buffer.allocUnsafe(256);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes that its keys take. */
  get length(): number {
    return this.#length;
  }

  /** `digest`: words as `putEventDigest` makes them. */
  add(key: Buffer, digest: Uint32Array, at: number): void {
    this.addRange(key, 0, key.length, digest, at);
  }

  /** The key lies somewhere in the bytes. */
  addRange(bytes: Buffer, from: number, to: number, digest: Uint32Array, at: number): void {
    let size = to - from;
    this.#keys = roomFor(this.#keys, this.#length, size + 5);
    for (; size > 127; size = Math.floor(size / 128)) this.#keys[this.#length++] = (size & 127) | 128;
    this.#keys[this.#length++] = size;
    this.#copy(bytes, from, to);
    const place = this.#count * digestBytes;
    this.#digests = roomFor(this.#digests, place, digestBytes);
    this.#digests.writeUInt32LE(digest[at] as number, place);
    this.#digests.writeUInt32LE(digest[at + 1] as number, place + 4);
    this.#count += 1;
  }

  #copy(bytes: Buffer, from: number, to: number): void {
    const keys = this.#keys;
    let at = this.#length;
    if (to - from > shortKey) at += bytes.copy(keys, at, from, to);
    else for (let place = from; place < to; place += 1) keys[at++] = bytes[place] as number;
    this.#length = at;
  }

  /** The packed bytes: version, count, digests, then the keys, compressed; afterwards it is empty. */
  take(): Buffer {
    const head = Buffer.allocUnsafe(headBytes);
    head.writeUInt8(version);
    head.writeUInt32LE(this.#count, 1);
    const keys = deflateRawSync(this.#keys.subarray(0, this.#length), { level });
    const packed = Buffer.concat([head, this.#digests.subarray(0, this.#count * digestBytes), keys]);
    this.#count = 0;
    this.#length = 0;
    return packed;
  }
}

function roomFor(bytes: Buffer, used: number, more: number): Buffer {
  if (used + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(used + more, bytes.length * 2));
  bytes.copy(larger, 0, 0, used);
  return larger;
}

/** Told of each entry in order; the key is a view that lasts as long as the call. */
type Look = (key: Buffer, digest: Uint32Array) => void;

/** Unpacks. `sure`: as the store has it; what is not sure has an unknown digest. LIB402 for what is no segment. */
export function readSegment(packed: Buffer, sure: boolean, look: Look): void {
  const [form] = packed;
  if (packed.length < headBytes || (form !== version && form !== sha256Version)) throw damaged();
  const count = packed.readUInt32LE(1);
  const digests = headBytes + count * digestBytes;
  if (packed.length < digests) throw damaged();
  const keys = inflateRawSync(packed.subarray(digests));
  const digest = new Uint32Array(digestWords);
  let at = 0;
  for (let entry = 0; entry < count; entry += 1) {
    let size = 0;
    for (let factor = 1; ; factor *= 128) {
      const part = keys[at++];
      if (part === undefined) throw damaged();
      size += (part & 127) * factor;
      if (part < 128) break;
    }
    const place = headBytes + entry * digestBytes;
    digest[0] = packed.readUInt32LE(place);
    digest[1] = packed.readUInt32LE(place + 4);
    digest[2] = 0;
    if (!isNothing(digest, 0)) {
      digest[2] = 1;
      if (form === sha256Version) putUnknown(digest, 0);
    }
    if (!sure) putUnknown(digest, 0);
    look(keys.subarray(at, at + size), digest);
    at += size;
  }
}

const damaged = (): LiberateError => new LiberateError('LIB402', 'what was published cannot be read: it is no segment of this version');
