import { createServer, type Server } from 'node:net';

/**
 * One lab a machine, since its addresses and namespaces have fixed names. The lock is a socket in Linux's abstract namespace:
 * the kernel gives it to one process at a time and takes it back when that process dies, however it dies.
 */
const lockName = '\0libvirt-migration-lab';

let held: Server | undefined;

/** False when another process has it. Taken twice by the same process, it stays taken. */
export async function takeLock(): Promise<boolean> {
  if (held !== undefined) return true;
  const server = createServer((socket) => socket.destroy());
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(lockName, () => resolve(true));
  });
  if (taken) held = server.unref();
  return taken;
}

export async function releaseLock(): Promise<void> {
  const server = held;
  held = undefined;
  if (server !== undefined) await new Promise((resolve) => server.close(resolve));
}
