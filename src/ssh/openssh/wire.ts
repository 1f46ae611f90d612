/** How SSH puts values into bytes (RFC 4251, section 5). */

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function byte(value: number): Buffer {
  return Buffer.from([value]);
}

export function string(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Takes values from bytes, one after the other. Throws a `RangeError` where there are too few of them. */
export class Reader {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  uint32(): number {
    const value = this.bytes.readUInt32BE(this.position);
    this.position += 4;
    return value;
  }

  byte(): number {
    const value = this.bytes.readUInt8(this.position);
    this.position += 1;
    return value;
  }

  string(): Buffer {
    const end = this.uint32() + this.position;
    if (end > this.bytes.length) throw new RangeError('the string is cut off');
    const value = this.bytes.subarray(this.position, end);
    this.position = end;
    return value;
  }
}

/** Larger than anything a sane peer sends: OpenSSH's own limit for a packet is 256 KiB. */
const maxFrameBytes = 1024 * 1024;

/** Cuts a stream into the strings that it consists of. `push` throws a `RangeError` at one that is too long to be meant. */
export class Frames {
  private readonly pieces: Buffer[] = [];
  private length = 0;

  /** The strings that are whole now. */
  push(piece: Buffer): Buffer[] {
    this.pieces.push(piece);
    this.length += piece.length;
    const frames: Buffer[] = [];
    for (let size = this.nextSize(); size !== undefined; size = this.nextSize()) {
      const start = this.pieces[0];
      const bytes = start !== undefined && start.length >= size ? start : this.joined();
      frames.push(bytes.subarray(4, size));
      this.pieces[0] = bytes.subarray(size);
      this.length -= size;
    }
    return frames;
  }

  /** Bytes of the next string with its length, if all of it is there. */
  private nextSize(): number | undefined {
    if (this.length < 4) return undefined;
    const start = this.pieces[0];
    const size = 4 + (start !== undefined && start.length >= 4 ? start : this.joined()).readUInt32BE(0);
    if (size > maxFrameBytes) throw new RangeError(`a packet of ${size} bytes`);
    return this.length < size ? undefined : size;
  }

  private joined(): Buffer {
    const whole = Buffer.concat(this.pieces);
    this.pieces.splice(0, this.pieces.length, whole);
    return whole;
  }
}
