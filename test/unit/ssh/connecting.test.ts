import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ssh2Limits } from '../../../src/ssh/ssh2/transport.js';
import type { HostConnection } from '../../../src/ssh/types.js';
import { Answers, appearance, deferred, Home } from './home.js';
import { ed25519, plainServer, RecordingServer } from './recordingServer.js';

const hostKey = ed25519();
const userKey = ed25519();
const never = new AbortController().signal;

let home: Home;
const opened: { dispose(): void }[] = [];

beforeEach(() => {
  home = new Home();
  home.addKey('id_ed25519', userKey);
});
afterEach(() => {
  for (const item of opened.splice(0).reverse()) item.dispose();
  home.remove();
});

async function serverOf(): Promise<RecordingServer> {
  const server = await RecordingServer.start({ hostKeys: [hostKey] });
  opened.push({ dispose: () => server.stop() });
  return server;
}

describe('connecting', () => {
  const connect = (
    port: number,
    options: { prompts?: Answers; signal?: AbortSignal; limits?: Partial<Ssh2Limits> } = {},
  ): Promise<HostConnection> =>
    home.connector({}, options.limits).connect(`root@127.0.0.1:${port}`, options.prompts, options.signal ?? never);

  it('to a port where nothing listens fails at once and says so', async () => {
    const { port, stop } = await plainServer(() => undefined);
    stop();
    await expect(connect(port)).rejects.toMatchObject({
      kind: 'unreachable',
      message: `root@127.0.0.1:${port} refused the connection.`,
    });
  });

  it.each([
    ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n\r\n<html>no</html>\r\n'],
    ['noise', Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256))],
    ['an SSH server that goes mad after its greeting', `SSH-2.0-Mad\r\n${'\xff'.repeat(2000)}`],
  ])('to %s fails in words', async (_, greeting) => {
    const server = await plainServer((socket) => socket.end(greeting));
    opened.push({ dispose: () => server.stop() });
    await expect(connect(server.port)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('to a server that closes at once fails in words', async () => {
    const server = await plainServer((socket) => socket.end());
    opened.push({ dispose: () => server.stop() });
    await expect(connect(server.port)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('closed the connection before login') as unknown,
    });
  });

  it('to a server that accepts and never speaks fails after the time limit', async () => {
    const server = await plainServer(() => undefined);
    opened.push({ dispose: () => server.stop() });
    await expect(connect(server.port, { limits: { readyMs: 30 } })).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('did not answer within 0.03 s') as unknown,
    });
  });

  it('gives up at once when it is cancelled, and hangs up', async () => {
    const arrived = deferred<undefined>();
    const hungUp = deferred<undefined>();
    const server = await plainServer((socket) => {
      socket.resume().on('close', () => hungUp.resolve(undefined));
      arrived.resolve(undefined);
    });
    opened.push({ dispose: () => server.stop() });
    const abort = new AbortController();
    const connecting = connect(server.port, { signal: abort.signal });
    await arrived.promise;
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
    await hungUp.promise;
    await expect(connect(server.port, { signal: abort.signal })).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('gives up while the user is still being asked, who may answer as late as they like', async () => {
    const server = await serverOf();
    const answer = deferred<boolean>();
    const asked = deferred<undefined>();
    class Late extends Answers {
      override confirmHostKey(): Promise<boolean> {
        asked.resolve(undefined);
        return answer.promise;
      }
    }
    const abort = new AbortController();
    const connecting = connect(server.port, { prompts: new Late(), signal: abort.signal });
    await asked.promise;
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
    await server.allGone();
    // A late yes is still a yes for the next time.
    answer.resolve(true);
    await appearance(home.knownHosts);
    expect(server.attempts).toEqual([]);
  });

  it('to a host that the configuration refuses fails in its words, before anything is sent', async () => {
    const server = await serverOf();
    const connecting = home
      .connector({ refuseconnection: 'Gone since May.' })
      .connect(`root@127.0.0.1:${server.port}`, new Answers(), never);
    await expect(connecting).rejects.toMatchObject({
      kind: 'badDestination',
      message: expect.stringContaining('"Gone since May." (RefuseConnection)') as unknown,
    });
    expect(server.attempts).toEqual([]);
  });

  it('refuses a destination that would be an option, before anything is run', async () => {
    await expect(home.connector().connect('-oProxyCommand=x', undefined, never)).rejects.toMatchObject({
      kind: 'badDestination',
    });
  });
});
