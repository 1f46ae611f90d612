import { describe, expect, it } from 'vitest';
import { byte, Frames, Reader, string, uint32 } from '../../../../src/ssh/openssh/wire.js';

describe('what a master sends', () => {
  const stream = Buffer.concat([string('one'), string(''), string('three'.repeat(100))]);
  const texts = ['one', '', 'three'.repeat(100)];

  it.each([1, 2, 3, 5, 7, 64, 1000])('is read whole when it comes in pieces of %i bytes', (size) => {
    const frames = new Frames();
    const read: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      read.push(...frames.push(stream.subarray(at, at + size)).map(String));
    }
    expect(read).toEqual(texts);
  });

  it('is refused where it is no packet', () => {
    expect(() => new Frames().push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow(RangeError);
    const reader = new Reader(Buffer.concat([byte(1), uint32(10), byte(2)]));
    expect(reader.byte()).toBe(1);
    expect(() => reader.string()).toThrow(RangeError);
    expect(() => new Reader(byte(1)).uint32()).toThrow(RangeError);
  });
});
