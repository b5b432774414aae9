/** Messages to the server, in the extended protocol, packed one behind another: `node-postgres` would write each by itself. */
export class Messages {
  #bytes = Buffer.allocUnsafe(8 * 1024);
  #length = 0;

  /** Has the server parse and keep a statement under a name; '' is kept until the next without one. */
  parse(name: string, text: string): void {
    const from = this.#begin('P');
    this.#text(name);
    this.#text(text);
    // The types of the parameters are left to the server.
    this.#int16(0);
    this.#end(from);
  }

  /** Gives a statement its parameters, as text, and runs it to its end; all fields come as text. */
  run(name: string, values: readonly string[]): void {
    const bound = this.#begin('B');
    this.#text('');
    this.#text(name);
    this.#int16(0);
    this.#int16(values.length);
    for (const value of values) this.#value(value);
    this.#int16(0);
    this.#end(bound);
    const executed = this.#begin('E');
    this.#text('');
    this.#int32(0);
    this.#end(executed);
  }

  /** Ends the transaction of the statements before it; one that failed does not touch those behind. */
  sync(): void {
    this.#end(this.#begin('S'));
  }

  /** What was written; nothing may be added afterwards. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Where the message's length is to be written. */
  #begin(type: string): number {
    this.#room(5);
    this.#bytes[this.#length] = type.charCodeAt(0);
    this.#length += 5;
    return this.#length - 4;
  }

  #end(from: number): void {
    this.#bytes.writeInt32BE(this.#length - from, from);
  }

  #value(value: string): void {
    this.#int32(0);
    const from = this.#length;
    this.#string(value);
    this.#bytes.writeInt32BE(this.#length - from, from - 4);
  }

  #text(text: string): void {
    this.#string(text);
    this.#room(1);
    this.#bytes[this.#length] = 0;
    this.#length += 1;
  }

  #string(text: string): void {
    // A UTF-16 unit is three bytes of UTF-8 at most.
    this.#room(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  #int16(value: number): void {
    this.#room(2);
    this.#length = this.#bytes.writeInt16BE(value, this.#length);
  }

  #int32(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#length + size, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
