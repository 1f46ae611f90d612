import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly host: '127.0.0.1';
  readonly port: number;
  close(): Promise<void>;
}

/** A TCP relay that holds each direction's bytes for half of `roundTripMs`: a distant host, without a kernel that can delay. */
export function startRelay(address: string, port: number, roundTripMs: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = createConnection({ host: address, port, noDelay: true, allowHalfOpen: true });
    hold(near, far, roundTripMs / 2);
    hold(far, near, roundTripMs / 2);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve({
        host: '127.0.0.1',
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            for (const socket of sockets) socket.destroy();
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
