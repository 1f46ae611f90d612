import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { hangUp, Line, type LineEnds, WayError } from '../../../src/ssh/ssh2/line.js';
import { deferred } from './home.js';

describe('a line', () => {
  it('keeps what is written before it is open, and loses nothing to a slow side', async () => {
    const opening = deferred<LineEnds>();
    const outgoing = new PassThrough({ highWaterMark: 10 });
    const line = new Line(opening.promise, () => undefined);
    line.write('greeting ');
    line.write('and more than fits');
    line.end();
    opening.resolve({ incoming: new PassThrough(), outgoing });
    const received = await outgoing.toArray();
    expect(Buffer.concat(received as Buffer[]).toString()).toBe('greeting and more than fits');
  });

  it('reads no more than its reader takes', async () => {
    const incoming = new PassThrough();
    const line = new Line(Promise.resolve({ incoming, outgoing: new PassThrough() }), () => undefined);
    const size = 1024 * 1024;
    incoming.once('end', () => line.over());
    for (let sent = 0; sent < size; sent += 16_384) incoming.write(Buffer.alloc(16_384));
    incoming.end();
    await once(line, 'readable');
    expect(line.readableLength).toBeLessThan(size);
    let received = 0;
    for await (const data of line) received += (data as Buffer).length;
    expect(received).toBe(size);
  });

  it('that could not be opened tells why', async () => {
    const line = new Line(Promise.reject(new WayError('its jump host is shut')), () => undefined);
    const [error] = (await once(line, 'error')) as [unknown];
    expect(error).toMatchObject({ message: 'its jump host is shut' });
  });

  it('closed while it opens is given back as soon as it is open', async () => {
    const opening = deferred<LineEnds>();
    const released = deferred<string>();
    const order: string[] = [];
    const line = new Line(opening.promise, () => released.resolve(order.join()));
    line.destroy();
    order.push('open');
    opening.resolve({ incoming: new PassThrough(), outgoing: new PassThrough() });
    expect(await released.promise).toBe('open');
  });

  it('that ended for a reason tells the reason, not the end', async () => {
    const line = new Line(
      Promise.resolve({ incoming: new PassThrough(), outgoing: new PassThrough() }),
      () => undefined,
    );
    const ended = vi.fn();
    line.on('end', ended).resume();
    line.over(new WayError('its jump host closed the connection'));
    const [error] = (await once(line, 'error')) as [unknown];
    expect(error).toBeInstanceOf(WayError);
    expect(ended).not.toHaveBeenCalled();
  });
});

describe('hanging up', () => {
  it('lets what is still to be said go out first', async () => {
    const said: string[] = [];
    const stream = new Duplex({
      read: () => undefined,
      write: (data: Buffer, _, done) => {
        said.push(String(data));
        setImmediate(done);
      },
    });
    stream.write('good');
    stream.write('bye');
    hangUp(stream);
    await once(stream, 'close');
    expect(said).toEqual(['good', 'bye']);
  });

  it('does not wait for a side that takes nothing any more', async () => {
    vi.useFakeTimers();
    try {
      const stream = new Duplex({ read: () => undefined, write: () => undefined });
      stream.write('bye');
      hangUp(stream);
      expect(stream.destroyed).toBe(false);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(stream.destroyed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
