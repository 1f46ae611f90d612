import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SshConnector } from '../../../src/ssh/connector.js';
import { CredentialStore } from '../../../src/ssh/credentials.js';
import { parseDestination } from '../../../src/ssh/destination.js';
import type { SshEnvironment } from '../../../src/ssh/environment.js';
import { expandProxy } from '../../../src/ssh/expand.js';
import { resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import { shellCommand, whyEnded } from '../../../src/ssh/ssh2/proxyCommand.js';
import { localAddressFor } from '../../../src/ssh/ssh2/socket.js';
import type { HostConnection, SshError } from '../../../src/ssh/types.js';
import { start, until } from '../../lab/run.js';
import { Answers, appearance, Home } from './home.js';
import { ed25519, RecordingServer, type ServerScript } from './recordingServer.js';

const hostKey = ed25519();
const userKey = ed25519();
const never = new AbortController().signal;

const onPlatform = (platform: NodeJS.Platform, env: Record<string, string> = {}): SshEnvironment => ({
  platform,
  env,
  homeDir: '/home/me',
  userName: 'me',
});

describe('a ProxyCommand', () => {
  const values = { original: 'hv1', hostName: 'hv1.example', port: 2222, user: 'op' };

  it.each([
    ['nc %h %p', 'nc hv1.example 2222'],
    ['ssh -W [%h]:%p %r@gate', 'ssh -W [hv1.example]:2222 op@gate'],
    ['tunnel --name %n', 'tunnel --name hv1'],
    ['date +%%s; nc %h %p', 'date +%s; nc hv1.example 2222'],
    ['echo %%h', 'echo %h'],
    ['echo ${HOME} ~', 'echo ${HOME} ~'],
    ['echo %d %u %x', 'echo %d %u %x'],
  ])('%s has its tokens filled in', (command, expected) => {
    expect(expandProxy(command, values)).toBe(expected);
  });

  it.each<[string, SshEnvironment, ReturnType<typeof shellCommand>]>([
    [
      "on Linux, by the user's shell",
      onPlatform('linux', { SHELL: '/usr/bin/fish' }),
      { program: '/usr/bin/fish', arguments: ['-c', 'exec nc "a b"'], verbatim: false },
    ],
    [
      'on macOS, by sh where the user has none',
      onPlatform('darwin'),
      { program: '/bin/sh', arguments: ['-c', 'exec nc "a b"'], verbatim: false },
    ],
    [
      "on Windows, by the system's shell, which reads quotes its own way",
      onPlatform('win32', { ComSpec: 'C:\\Windows\\system32\\cmd.exe', SHELL: '/bin/bash' }),
      {
        program: 'C:\\Windows\\system32\\cmd.exe',
        arguments: ['/d', '/s', '/c', '"nc "a b""'],
        verbatim: true,
      },
    ],
  ])('is run %s', (_, environment, expected) => {
    expect(shellCommand('nc "a b"', environment)).toEqual(expected);
  });

  it.each([
    ['in its own last words', 1, 'trying\nnc: refused\r\n\n', 'its ProxyCommand said "nc: refused"'],
    ['in words without control characters', 1, 'a\u001b[2Jb', 'its ProxyCommand said "a [2Jb"'],
    ['by its exit code where it said nothing', 3, '', 'its ProxyCommand ended with exit code 3'],
    ['as killed', undefined, '', 'its ProxyCommand was killed'],
    ['not at all where it just ended', 0, '\n', undefined],
  ])('that ended is explained %s', (_, exitCode, words, expected) => {
    expect(whyEnded({ exitCode, failure: undefined }, words, 'hv1')?.message).toBe(expected);
  });

  it('that could not be started is explained by the system', () => {
    expect(whyEnded({ exitCode: undefined, failure: 'spawn ENOENT' }, '', 'hv1')?.message).toBe(
      'its ProxyCommand could not be started: spawn ENOENT',
    );
  });
});

/** Copies between its own input and output and the port that is its argument. */
const carry =
  "const s = require('net').connect({ port: +process.argv[1], host: '127.0.0.1', noDelay: true }); s.on('error', (e) => { console.error('carry: ' + e.code); process.exit(1); }); process.stdin.pipe(s).pipe(process.stdout);";

describe.skipIf(process.platform === 'win32')('a host behind a ProxyCommand', () => {
  let home: Home;
  const opened: { dispose(): void }[] = [];

  beforeEach(() => {
    home = new Home();
    home.addKey('id_ed25519', userKey);
    home.env = { PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh' };
  });
  afterEach(() => {
    for (const item of opened.splice(0).reverse()) item.dispose();
    home.remove();
  });

  async function serverOf(script: Partial<ServerScript> = {}): Promise<RecordingServer> {
    const server = await RecordingServer.start({ hostKeys: [hostKey], accepts: [userKey], ...script });
    opened.push({ dispose: () => server.stop() });
    home.trust(server.port, hostKey);
    return server;
  }

  const connect = (
    port: number,
    proxyCommand: string,
    more: Record<string, string> = {},
    signal = never,
    prompts?: Answers,
  ): Promise<HostConnection> =>
    new SshConnector({
      credentials: new CredentialStore(home.secrets),
      environment: home.environment,
      transport: 'ssh2',
      resolve: (destination) => {
        const said = { globalknownhostsfile: 'none', proxycommand: proxyCommand, ...more };
        const keywords = new Map(Object.entries(said).map(([keyword, value]) => [keyword, [value]]));
        return Promise.resolve(resolvedHostOf(keywords, destination, home.environment));
      },
    }).connect(`root@127.0.0.1:${port}`, prompts, signal);

  const pidFile = (): string => join(home.path, 'pids');
  /** Writes them in one piece. */
  const tell = (pids: string): string => `echo ${pids} > ${pidFile()}.part; mv ${pidFile()}.part ${pidFile()}`;

  /** A command that carries, and leaves its process number and that of one that it has started. */
  const leavingTraces = (): string => {
    return `sh -c 'sleep 1000 & ${tell('$$ $!')}; exec ${process.execPath} -e "$0" %p' "${carry}"`;
  };

  async function traces(): Promise<number[]> {
    await appearance(pidFile());
    return readFileSync(pidFile(), 'utf8').trim().split(' ').map(Number);
  }

  const ended = (pids: readonly number[]): Promise<true> =>
    until('their end', () => pids.every((pid) => !existsSync(`/proc/${pid}/cwd`)) || undefined, 5_000, 10);

  it('is reached by what the command reads and writes', async () => {
    const server = await serverOf({
      onExec: (_, channel) => {
        channel.write('here');
        channel.exit(0);
        channel.end();
      },
    });
    const connection = await connect(server.port, `${process.execPath} -e "${carry}" %p`);
    opened.push(connection);
    const channel = await connection.exec('hostname');
    await expect(new Promise((resolve) => channel.onStdout(resolve))).resolves.toBe('here');
  });

  it('leaves neither a process nor a connection behind when it is closed', async () => {
    const server = await serverOf();
    const connection = await connect(server.port, leavingTraces());
    const pids = await traces();
    expect(pids).toHaveLength(2);
    connection.dispose();
    await Promise.all([ended(pids), server.allGone()]);
  });

  it('leaves no process behind when it does not let the user in', async () => {
    const server = await serverOf({ accepts: [] });
    await expect(connect(server.port, leavingTraces())).rejects.toMatchObject({ kind: 'authentication' });
    await Promise.all([traces().then(ended), server.allGone()]);
  });

  it('leaves no process behind when the user cancels while the command says nothing', async () => {
    const abort = new AbortController();
    const connecting = connect(22, `sh -c '${tell('$$')}; sleep 1000'`, {}, abort.signal);
    const pids = await traces();
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ kind: 'cancelled' });
    await ended(pids);
  });

  it('leaves no process behind when the editor dies', async () => {
    const program = join(home.path, 'editor.cjs');
    await build({
      stdin: {
        contents: [
          "import { proxyCommandLine } from './proxyCommand.js';",
          'const [command, homeDir] = process.argv.slice(2);',
          "const destination = { host: 'hv1' };",
          "const environment = { platform: process.platform, env: { SHELL: '/bin/sh', ...process.env }, homeDir };",
          "proxyCommandLine({ destination, host: { hostName: 'hv1', port: 22, user: 'me' } }, command, environment, true);",
        ].join('\n'),
        resolveDir: fileURLToPath(new URL('../../../src/ssh/ssh2', import.meta.url)),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      outfile: program,
    });
    const command = `sh -c 'trap "" HUP TERM; sleep 1000 & ${tell('$$ $!')}; sleep 1000'`;
    // What it leaves behind, killed, goes with the home.
    const editor = await start(['env', `TMPDIR=${home.path}`, process.execPath, program, command, home.path]);
    opened.push({ dispose: () => editor.kill() });
    const pids = await traces();
    expect(pids).toHaveLength(2);
    process.kill(editor.pid, 'SIGKILL');
    await ended(pids);
  });

  it.each([
    ['fails, in its own words', 'echo "no such tunnel" >&2; exit 1', /its ProxyCommand said "no such tunnel"\.$/],
    ['is not there, in the words of the shell', 'no-such-program %h', /its ProxyCommand said ".*not found.*"\.$/],
    ['just fails', 'sh -c "exit 3"', /its ProxyCommand ended with exit code 3\.$/],
    ['ends without a word', 'true', /closed the connection before login was done\.$/],
  ])('whose command %s is not reached, and says so', async (_, command, message) => {
    await expect(connect(22, command)).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('whose shell is not there says so', async () => {
    home.env = { ...home.env, SHELL: '/no/such/shell' };
    await expect(connect(22, 'true')).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/its ProxyCommand said ".*\/no\/such\/shell.*"\.$/) as unknown,
    });
  });

  it('that is lost is explained by what the command said', async () => {
    const server = await serverOf();
    const told = `sh -c '${process.execPath} -e "$0" %p; echo tunnel broke >&2; exit 1' "${carry}"`;
    const connection = await connect(server.port, told);
    const closing = new Promise<SshError | undefined>((resolve) => connection.onClose(resolve));
    server.cut();
    expect(await closing).toMatchObject({
      kind: 'lost',
      message: expect.stringMatching(/was lost: its ProxyCommand said "tunnel broke"\.$/) as unknown,
    });
  });

  describe('whose command is an ssh that would ask', () => {
    /** The desktop's own way to ask: it must not run. */
    const desktop = (): string => join(home.path, 'desktop');
    beforeEach(() => {
      const askpass = join(home.path, 'desktop-askpass');
      writeFileSync(askpass, `#!/bin/sh\ntouch ${desktop()}\necho yes\n`, { mode: 0o755 });
      home.env = {
        ...home.env,
        DISPLAY: ':0',
        WAYLAND_DISPLAY: 'w',
        SSH_ASKPASS: askpass,
        SSH_ASKPASS_REQUIRE: 'prefer',
      };
    });
    const through = (bastion: RecordingServer, ...options: string[]): string =>
      ['ssh -F none -o UserKnownHostsFile=$HOME/known -o GlobalKnownHostsFile=none', ...options].join(' -o ') +
      ` -p ${bastion.port} -W %h:%p root@127.0.0.1`;

    it('about an unknown key asks nobody by itself, and says what it asked', async () => {
      const bastion = await RecordingServer.start({ hostKeys: [ed25519()] });
      opened.push({ dispose: () => bastion.stop() });
      await expect(connect(22, through(bastion))).rejects.toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining("nobody can be asked here: The authenticity of host '[127.0.0.1]") as unknown,
        opensshMay: expect.stringContaining('ProxyCommand') as unknown,
      });
      await bastion.allGone();
      expect(existsSync(desktop())).toBe(false);
      expect(bastion.attempts).toEqual([]);
    });

    it('for a password sends none that is empty', async () => {
      const bastion = await RecordingServer.start({ hostKeys: [ed25519()], methods: ['password'] });
      opened.push({ dispose: () => bastion.stop() });
      await expect(connect(22, through(bastion, 'StrictHostKeyChecking=no'))).rejects.toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining("root@127.0.0.1's password:") as unknown,
        opensshMay: expect.stringContaining('ProxyCommand') as unknown,
      });
      await bastion.allGone();
      expect(existsSync(desktop())).toBe(false);
      expect(bastion.secrets).toEqual([]);
    });

    it('finds a screen only where the user has connected', async () => {
      const telling = 'echo "screen: $DISPLAY $WAYLAND_DISPLAY" >&2; exit 1';
      await expect(connect(22, telling)).rejects.toThrow(/screen: none"/);
      await expect(connect(22, telling, {}, never, new Answers(true))).rejects.toThrow(/screen: :0 w"/);
    });
  });

  it('whose command hands over a socket is left to ssh', async () => {
    await expect(connect(22, 'true', { proxyusefdpass: 'yes' })).rejects.toMatchObject({
      kind: 'unreachable',
      opensshMay: expect.stringContaining('ProxyUseFdpass') as unknown,
    });
  });
});

describe('the address to connect from', () => {
  const info = (address: string, family: 'IPv4' | 'IPv6'): NetworkInterfaceInfo =>
    ({ address, family }) as NetworkInterfaceInfo;
  const interfaces = {
    eth0: [info('192.0.2.7', 'IPv4'), info('fe80::7', 'IPv6')],
    eth1: [info('192.0.2.8', 'IPv4'), info('2001:db8::8', 'IPv6')],
  };
  const from = (keywords: Record<string, string>): string | undefined => {
    const map = new Map(Object.entries(keywords).map(([keyword, value]) => [keyword, [value]]));
    return localAddressFor(resolvedHostOf(map, parseDestination('hv1'), onPlatform('linux')), () => interfaces);
  };

  it.each([
    ['any where nothing is said', {}, undefined],
    ['the one that is configured', { bindaddress: '192.0.2.9', bindinterface: 'eth1' }, '192.0.2.9'],
    ["the interface's only one", { bindinterface: 'eth0' }, '192.0.2.7'],
    ["the interface's only one of the family", { bindinterface: 'eth1', addressfamily: 'inet6' }, '2001:db8::8'],
  ])('is %s', (_, keywords, expected) => {
    expect(from(keywords)).toBe(expected);
  });

  it.each([
    ['a name', { bindaddress: 'me.example' }, 'BindAddress me.example is no address'],
    ['of an interface with several', { bindinterface: 'eth1' }, 'has several addresses'],
    ['of an interface that is not there', { bindinterface: 'tun0' }, 'BindInterface tun0 has no address'],
    ['of another family', { bindinterface: 'eth0', addressfamily: 'inet6' }, 'has no address'],
  ])('that is %s is left to ssh', (_, keywords, message) => {
    expect(() => from(keywords)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message) as unknown,
        opensshMay: expect.stringContaining('which ssh may still make sense of') as unknown,
      }) as Error,
    );
  });
});
