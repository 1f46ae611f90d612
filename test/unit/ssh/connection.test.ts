import { connect as connectSocket } from 'node:net';
import type { ServerChannel } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ssh2Limits } from '../../../src/ssh/ssh2/transport.js';
import type { ChannelEnd, ExecChannel, HostConnection, SshError } from '../../../src/ssh/types.js';
import { deferred, Home } from './home.js';
import { ed25519, plainServer, RecordingServer, type ServerScript } from './recordingServer.js';

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

async function serverOf(script: Partial<ServerScript> = {}): Promise<RecordingServer> {
  const server = await RecordingServer.start({ hostKeys: [hostKey], accepts: [userKey], ...script });
  opened.push({ dispose: () => server.stop() });
  return server;
}

async function login(port: number, limits: Partial<Ssh2Limits> = {}): Promise<HostConnection> {
  home.trust(port, hostKey);
  const connection = await home.connector({}, limits).connect(`root@127.0.0.1:${port}`, undefined, never);
  opened.push(connection);
  return connection;
}

/** Everything a channel says until it is over, in order. */
function transcriptOf(channel: ExecChannel): Promise<{ stdout: string; stderr: string; ends: ChannelEnd[] }> {
  const said = { stdout: '', stderr: '', ends: [] as ChannelEnd[] };
  channel.onStdout((text) => (said.stdout += text));
  channel.onStderr((text) => (said.stderr += text));
  return new Promise((resolve) => {
    channel.onClose((end) => {
      said.ends.push(end);
      // A second end, or output after it, would come by then.
      setImmediate(() => resolve(said));
    });
  });
}

function finish(channel: ServerChannel): void {
  channel.exit(0);
  channel.end();
}

const closeOf = (connection: HostConnection): Promise<SshError | undefined> =>
  new Promise((resolve) => connection.onClose(resolve));

describe('a command on a host', () => {
  it('gives its output, its errors and its exit code', async () => {
    const server = await serverOf({
      onExec: (command, channel) => {
        channel.write(`ran ${command}\n`);
        channel.stderr.write('and complained\n');
        channel.exit(3);
        channel.end();
      },
    });
    const connection = await login(server.port);
    const said = await transcriptOf(await connection.exec('virsh list'));
    expect(said).toEqual({
      stdout: 'ran virsh list\n',
      stderr: 'and complained\n',
      ends: [{ exitCode: 3, signal: undefined }],
    });
  });

  it('that was killed tells the signal', async () => {
    const server = await serverOf({
      onExec: (_, channel) => {
        channel.exit('TERM');
        channel.end();
      },
    });
    const said = await transcriptOf(await (await login(server.port)).exec('sleep'));
    expect(said.ends).toEqual([{ exitCode: undefined, signal: 'SIGTERM' }]);
  });

  it('reads what is written to it until its input is closed', async () => {
    const server = await serverOf({
      onExec: (_, channel) => {
        channel.on('data', (data: Buffer) => channel.write(`got ${data.toString()}`));
        channel.on('end', () => {
          channel.exit(0);
          channel.end();
        });
      },
    });
    const channel = await (await login(server.port)).exec('cat');
    const over = transcriptOf(channel);
    channel.write('Grüße\n');
    channel.end();
    expect(await over).toMatchObject({ stdout: 'got Grüße\n', ends: [{ exitCode: 0 }] });
    channel.write('too late\n');
  });

  it('never has a character cut in two, on either stream', async () => {
    const text = 'ä€𝄞';
    const server = await serverOf({
      onExec: (_, channel) => {
        const bytes = Buffer.from(text);
        let next = 0;
        // One byte a packet, so that each of them is cut somewhere.
        const send = (): void => {
          if (next === bytes.length) {
            channel.exit(0);
            channel.end();
            return;
          }
          channel.write(bytes.subarray(next, next + 1));
          channel.stderr.write(bytes.subarray(next, next + 1));
          next += 1;
          setImmediate(send);
        };
        send();
      },
    });
    const channel = await (await login(server.port)).exec('x');
    const pieces: string[] = [];
    channel.onStdout((piece) => pieces.push(piece));
    const said = await transcriptOf(channel);
    expect(said).toMatchObject({ stdout: text, stderr: text });
    expect(pieces.join('')).toBe(text);
    expect(pieces.every((piece) => !piece.includes('\ufffd'))).toBe(true);
  });

  it('runs beside many others', async () => {
    const waiting: ServerChannel[] = [];
    const server = await serverOf({
      onExec: (command, channel) => {
        channel.write(command);
        waiting.push(channel);
        // None ends before all are running.
        if (waiting.length === 30) for (const one of waiting) finish(one);
      },
    });
    const connection = await login(server.port);
    const commands = Array.from({ length: 30 }, (_, index) => `command ${index}`);
    const said = await Promise.all(commands.map(async (command) => transcriptOf(await connection.exec(command))));
    expect(said.map(({ stdout }) => stdout)).toEqual(commands);
  });

  it('of several MiB arrives whole', async () => {
    const line = `${'x'.repeat(1023)}\n`;
    const server = await serverOf({
      onExec: (_, channel) => {
        channel.end(line.repeat(5 * 1024));
        channel.exit(0);
      },
    });
    const said = await transcriptOf(await (await login(server.port)).exec('big'));
    expect(said.stdout.length).toBe(5 * 1024 * 1024);
  });

  it('is over at once when it is disposed, and says nothing more', async () => {
    let onServer: ServerChannel | undefined;
    const closed = deferred<undefined>();
    const server = await serverOf({
      onExec: (_, channel) => {
        onServer = channel;
        channel.resume().on('close', () => closed.resolve(undefined));
      },
    });
    const channel = await (await login(server.port)).exec('virsh');
    const over = transcriptOf(channel);
    channel.dispose();
    channel.dispose();
    onServer?.write('late');
    expect(await over).toEqual({ stdout: '', stderr: '', ends: [{ exitCode: undefined, signal: undefined }] });
    await closed.promise;
  });

  it('that gets no channel fails in words about MaxSessions, and the others go on', async () => {
    const server = await serverOf({ maxSessions: 1, onExec: (_, channel) => channel.write('here') });
    const connection = await login(server.port);
    const first = await connection.exec('first');
    const greeted = new Promise((resolve) => first.onStdout(resolve));
    await expect(connection.exec('second')).rejects.toMatchObject({
      kind: 'channelRefused',
      advice: expect.stringContaining('MaxSessions') as unknown,
    });
    expect(await greeted).toBe('here');
  });

  it('that the server never starts fails after a while', async () => {
    const server = await serverOf({ ignoresSessions: true });
    const connection = await login(server.port, { channelOpenMs: 30 });
    await expect(connection.exec('virsh')).rejects.toMatchObject({ kind: 'channel' });
  });
});

describe('a connection', () => {
  it('that is cut ends each of its commands once, then tells that it was lost', async () => {
    const server = await serverOf({ onExec: (_, channel) => channel.write('last words') });
    const connection = await login(server.port);
    const lost = closeOf(connection);
    const channel = await connection.exec('virsh');
    const over = transcriptOf(channel);
    await new Promise((resolve) => channel.onStdout(resolve));
    server.cut();
    expect(await over).toEqual({
      stdout: 'last words',
      stderr: '',
      ends: [{ exitCode: undefined, signal: undefined }],
    });
    expect(await lost).toMatchObject({ kind: 'lost' });
    channel.write('into the void');
    channel.dispose();
    await expect(connection.exec('more')).rejects.toMatchObject({ kind: 'lost' });
  });

  it('that is cut while a command is being started fails that command', async () => {
    const server = await serverOf({ ignoresSessions: true });
    const connection = await login(server.port);
    const starting = connection.exec('virsh');
    server.cut();
    await expect(starting).rejects.toMatchObject({ kind: 'lost' });
  });

  it('whose link goes silent is lost when keepalives stay unanswered', async () => {
    const server = await serverOf();
    const toServer = connectSocket(server.port, '127.0.0.1');
    let frozen = false;
    const relay = await plainServer((socket) => {
      socket.on('data', (data) => frozen || toServer.write(data));
      toServer.on('data', (data) => frozen || socket.write(data));
    });
    opened.push({ dispose: () => toServer.destroy() }, { dispose: () => relay.stop() });
    const connection = await login(relay.port, { keepaliveIntervalMs: 15, keepaliveCountMax: 2 });
    frozen = true;
    expect(await closeOf(connection)).toMatchObject({
      kind: 'lost',
      message: expect.stringContaining('has not answered') as unknown,
    });
  });

  it('that is asked whether it is there answers without a session, and goes on', async () => {
    const server = await serverOf({ maxSessions: 1, onExec: (_, channel) => channel.write('here') });
    const connection = await login(server.port);
    const closes: unknown[] = [];
    connection.onClose((error) => closes.push(error));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      connection.probe(5_000);
      // What a server answers comes in the order it was asked.
      await connection.exec('virsh');
      vi.advanceTimersByTime(6_000);
    } finally {
      vi.useRealTimers();
    }
    expect(server.commands).toEqual(['virsh']);
    expect(closes).toEqual([]);
  });

  it('that is asked whether it is there, and is not, is lost soon', async () => {
    const server = await serverOf();
    const connection = await login(server.port);
    server.freeze();
    connection.probe(20);
    expect(await closeOf(connection)).toMatchObject({
      kind: 'lost',
      message: `The connection to root@127.0.0.1:${server.port} was lost: it does not answer.`,
    });
    connection.probe(20);
  });

  it('that is disposed closes without an error, and its commands with it', async () => {
    const server = await serverOf();
    const connection = await login(server.port);
    const over = transcriptOf(await connection.exec('virsh'));
    const closes: unknown[] = [];
    connection.onClose((error) => closes.push(error));
    connection.dispose();
    connection.dispose();
    expect((await over).ends).toHaveLength(1);
    await server.allGone();
    expect(closes).toEqual([undefined]);
    await expect(connection.exec('more')).rejects.toMatchObject({ kind: 'lost' });
  });
});
