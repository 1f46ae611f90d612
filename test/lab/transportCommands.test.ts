import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SshError } from '../../src/ssh/types.js';
import { repository } from '../run/machine.mjs';
import { plainServer } from '../unit/ssh/recordingServer.js';
import { until } from './run.js';
import { ContractScene, ways } from './transportContract.js';
import { ended, said } from './transportScene.js';

const endMs = 10_000;

/** What every transport does for commands, and for the connection that they run on, before real sshds. */
describe.each(ways)('by %s', (_way, { options, isSsh2, shares }) => {
  let scene: ContractScene;

  beforeEach(() => {
    scene = new ContractScene(options);
  });
  afterEach(() => scene.end());

  describe('a command', () => {
    it('gives its output, its errors and its exit code', async () => {
      await scene.serve();
      const connection = await scene.connect();
      expect(connection).toMatchObject({ transport: options.transport });
      expect(await said(connection, 'echo out; echo err >&2; exit 3')).toEqual({
        stdout: 'out\n',
        stderr: 'err\n',
        end: { exitCode: 3, signal: undefined },
      });
    });

    it('that a signal ends has no exit code of success', async () => {
      await scene.serve();
      const { end } = await said(await scene.connect(), 'kill -TERM $$');
      // An ssh of its own can't tell.
      expect(end).toEqual(shares ? { exitCode: undefined, signal: 'SIGTERM' } : { exitCode: 255, signal: undefined });
    });

    it('reads what is written to it, and gives it back unharmed, whatever its characters', async () => {
      await scene.serve();
      const connection = await scene.connect();
      const text = 'äöü€𝄞\n'.repeat(20_000);
      expect((await said(connection, 'cat', text)).stdout).toBe(text);
      const large = await said(connection, 'head -c 5000000 /dev/zero | tr "\\0" x');
      expect(large.stdout).toHaveLength(5_000_000);
    });

    it('runs beside others, up to as many as the server allows', async () => {
      await scene.serve();
      const connection = await scene.connect();
      const channels = await Promise.all(Array.from({ length: 10 }, () => connection.exec('cat')));
      const all = channels.map(ended);
      if (shares) await expect(connection.exec('cat')).rejects.toMatchObject({ kind: 'channelRefused' });
      else expect((await said(connection, 'echo more')).stdout).toBe('more\n');
      for (const [index, channel] of channels.entries()) {
        channel.write(`${index}`);
        channel.end();
      }
      expect((await Promise.all(all)).map(({ stdout }) => Number(stdout))).toEqual([...channels.keys()]);
    });

    it('ends at once when it is let go, and so does the program', async () => {
      const server = await scene.serve();
      const connection = await scene.connect();
      const channel = await connection.exec('echo $$; exec cat');
      const pid = await new Promise<string>((resolve) => channel.onStdout(resolve));
      expect(server.processes()).toContain(Number(pid));
      channel.dispose();
      await until(
        'the end of cat',
        () => Promise.resolve(!server.processes().includes(Number(pid)) || undefined),
        endMs,
      );
      expect((await said(connection, 'echo on')).stdout).toBe('on\n');
    });
  });

  describe('a connection', () => {
    it('says where it leads, and by what', async () => {
      const { port } = await scene.serve();
      expect(await scene.connect()).toMatchObject({
        address: `root@127.0.0.1:${port}`,
        transport: options.transport,
      });
    });

    it('leaves nothing behind, on either side', async () => {
      const server = await scene.serve();
      const connection = await scene.connect();
      const closed = new Promise((resolve) => connection.onClose(resolve));
      await connection.exec('cat');
      // An ssh, and who ends it with us.
      expect(scene.processes()).toHaveLength(isSsh2 ? 0 : shares ? 2 : 4);
      connection.dispose();
      expect(await closed).toBeUndefined();
      await scene.nothingLeft(server);
      await expect(connection.exec('true')).rejects.toMatchObject({ kind: 'lost' });
    });

    it('that is cut ends each of its commands once, then tells that it was lost', async () => {
      const server = await scene.serve();
      const connection = await scene.connect();
      const events: string[] = [];
      const channels = await Promise.all([connection.exec('cat'), connection.exec('cat')]);
      for (const channel of channels) channel.onClose(({ exitCode }) => events.push(`ended ${exitCode}`));
      const lost = new Promise<SshError | undefined>((resolve) => connection.onClose(resolve));
      await server.kill();
      expect(await lost).toMatchObject({ kind: 'lost' });
      expect(events).toEqual(['ended undefined', 'ended undefined']);
      await scene.nothingLeft(server);
    });

    it('is asked whether it is there, and goes on when it is', async () => {
      await scene.serve();
      const connection = await scene.connect();
      let gone = false;
      connection.onClose(() => (gone = true));
      connection.probe(5_000);
      expect((await said(connection, 'echo here')).stdout).toBe('here\n');
      expect(gone).toBe(false);
    });

    it('to a server that went silent is lost soon after it is asked', async () => {
      const server = await scene.serve({}, 'ConnectTimeout 8');
      const connection = await scene.connect();
      const lost = new Promise<SshError | undefined>((resolve) => connection.onClose(resolve));
      const stopped = server.processes();
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      server.pause();
      try {
        connection.probe(1_000);
        expect(await lost).toMatchObject({ kind: 'lost' });
      } finally {
        await server.kill();
      }
      await scene.nothingLeft(server);
    });

    it('that is given up while it is made leaves nothing', async () => {
      const abort = new AbortController();
      // By then it has said who it is, and waits.
      const silent = await plainServer((socket) => socket.once('data', () => abort.abort()));
      scene.atEnd(() => silent.stop());
      scene.configure(silent.port);
      const connecting = scene.connect(undefined, abort.signal);
      await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
      await scene.nothingLeft();
    });

    it.each([
      ['never speaks', '', 'did not answer', 1],
      ['sends garbage', 'SSH-2.0-Mad\r\n' + '\xff'.repeat(2000), 'not as an SSH server should', 10],
      ['closes at once', undefined, 'closed the connection before login', 10],
    ])('to a server that %s fails in words', async (_, greeting, words, timeoutSeconds) => {
      const server = await plainServer((socket) => (greeting === undefined ? socket.end() : socket.write(greeting)));
      scene.atEnd(() => server.stop());
      scene.configure(server.port, `ConnectTimeout ${timeoutSeconds}`);
      await expect(scene.connect()).rejects.toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining(words) as unknown,
      });
      await scene.nothingLeft();
    });
  });

  it('nothing outlives an editor that is killed', async () => {
    const server = await scene.serve();
    mkdirSync(scene.path('tmp'));
    const script = scene.write(
      'editor.mts',
      `import { SshConnector } from ${JSON.stringify(join(repository, 'src/ssh/connector.ts'))};
       import { CredentialStore } from ${JSON.stringify(join(repository, 'src/ssh/credentials.ts'))};
       import { MemorySecrets } from ${JSON.stringify(join(repository, 'test/memorySecrets.ts'))};
       const connector = new SshConnector({
         credentials: new CredentialStore(new MemorySecrets()),
         configFile: ${JSON.stringify(scene.config)},
         ...${JSON.stringify(options)},
       });
       const connection: { exec(command: string): Promise<unknown> } = await connector.connect('hv1', undefined, new AbortController().signal);
       await connection.exec('cat');
       console.log('connected');
      `,
    );
    const editor = spawn(process.execPath, ['--import', 'tsx', script], {
      cwd: repository,
      // What it can't remove any more goes with the scene.
      env: { ...scene.env, TMPDIR: scene.path('tmp') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(editor.stdout, 'data');
    expect(scene.processes().some((line) => line.includes(' -- hv1'))).toBe(!isSsh2);
    editor.kill('SIGKILL');
    await once(editor, 'close');
    await scene.nothingLeft(server);
  });
});
