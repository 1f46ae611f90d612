import { randomBytes } from 'node:crypto';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Ends every connection through it, and goes on to take new ones. */
  cut(): void;
  /** Ends every connection through it, and answers new ones with what no SSH server says, until it is `false` again. */
  garble(on: boolean): void;
  close(): Promise<void>;
}

/** A TCP relay that holds each direction's bytes for half of `roundTripMs`: a distant host, without a kernel that can delay. */
export function startRelay(address: string, port: number, roundTripMs: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let garbles = false;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    sockets.add(near);
    near.on('close', () => sockets.delete(near));
    if (garbles) {
      near.on('error', () => near.destroy());
      near.write(randomBytes(4096));
      return;
    }
    const far = createConnection({ host: address, port, noDelay: true, allowHalfOpen: true });
    hold(near, far, roundTripMs / 2);
    hold(far, near, roundTripMs / 2);
    sockets.add(far);
    far.on('close', () => sockets.delete(far));
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve({
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        cut,
        garble: (on) => {
          garbles = on;
          cut();
        },
        close: () =>
          new Promise((closed) => {
            cut();
            server.close(() => closed());
          }),
      });
    });
  });
}

/** Timers of one length fire in the order they were set, so bytes stay in theirs. */
function hold(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), delayMs));
  from.on('end', () => setTimeout(() => to.end(), delayMs));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroySoon(), delayMs));
}
