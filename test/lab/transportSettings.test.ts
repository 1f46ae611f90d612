import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Answers } from '../unit/ssh/home.js';
import { must, run } from './run.js';
import { ContractScene, ways } from './transportContract.js';
import { said } from './transportScene.js';

/** Whether Perl knows the numbers of the system's calls: they come with its full package. */
const hasSyscalls = spawnSync('perl', ['-e', "require 'syscall.ph'"]).status === 0;

/** Connects to 127.0.0.1 at the port that is its argument, and hands the socket over on its output: sendmsg with SCM_RIGHTS. */
const handOver = `use strict; use Socket; require 'syscall.ph';
socket(my $s, PF_INET, SOCK_STREAM, 0) or die; connect($s, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die "connect: $!";
my $byte = "\\0"; my $iov = pack('PQ', $byte, 1);
my $control = pack('Qiiix4', 20, 1, 1, fileno($s));
my $message = pack('QLx4PQPQi', 0, 0, $iov, 1, $control, length($control), 0);
syscall(&SYS_sendmsg, 1, $message, 0) >= 0 or die "sendmsg: $!";
`;

/** What a configuration written for terminals, and a server made for people, do to every transport: nothing. */
describe.each(ways)('by %s, a host', (_way, { options, isSsh2 }) => {
  let scene: ContractScene;

  beforeEach(() => {
    scene = new ContractScene(options);
  });
  afterEach(() => scene.end());

  it('whose configuration is for work in a terminal is reached, and nothing of that is done', async () => {
    const server = await scene.serve();
    const { port } = server;
    const agent = scene.path('agent');
    scene.configure(
      port,
      'RemoteCommand echo from the configuration',
      'RequestTTY force',
      'SessionType none',
      'StdinNull yes',
      'ForkAfterAuthentication yes',
      'EscapeChar ~',
      'BatchMode yes',
      'LogLevel QUIET',
      'VisualHostKey yes',
      'PermitLocalCommand yes',
      `LocalCommand touch ${scene.path('local')}`,
      `LocalForward ${scene.path('forward')} ${agent}`,
      `RemoteForward ${join(server.folder, 'forward')} ${agent}`,
      'ExitOnForwardFailure yes',
      'ForwardAgent yes',
      'ControlMaster auto',
      `ControlPath ${scene.path('control')}`,
      'ControlPersist 60',
      `IdentityFile ${scene.path('id')}`,
    );
    const connection = await scene.connect();
    expect(await said(connection, 'cat; tty; echo "$SSH_AUTH_SOCK"', 'in\n')).toMatchObject({
      stdout: 'in\nnot a tty\n\n',
      stderr: '',
    });
    for (const name of ['local', 'forward', 'control']) expect(existsSync(scene.path(name)), name).toBe(false);
    expect(existsSync(join(server.folder, 'forward'))).toBe(false);
    connection.dispose();
    await scene.nothingLeft(server);
  });

  it('that greets people before they log in keeps that out of what its commands say', async () => {
    const banner = scene.write('banner', 'error: authorised use only\n'.repeat(20));
    await scene.serve({ lines: [`Banner ${banner}`, 'PrintLastLog yes'] });
    const connection = await scene.connect();
    for (let times = 0; times < 3; times += 1) {
      expect(await said(connection, 'echo out; echo err >&2')).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    }
  });

  it('is sent every character as it is, and gives back every exit code', async () => {
    await scene.serve();
    const connection = await scene.connect();
    const text = '~.\n~?\n~~\r\n\x03\x04\x1a\0\n';
    expect((await said(connection, 'cat', text)).stdout).toBe(text);
    for (const exitCode of [1, 127, 254, 255]) {
      expect((await said(connection, `exit ${exitCode}`)).end).toEqual({ exitCode, signal: undefined });
    }
    expect((await said(connection, `printf '%s\\n' "it's" '$HOME' "two  spaces" %h`)).stdout).toBe(
      "it's\n$HOME\ntwo  spaces\n%h\n",
    );
  });

  it('whose name is hashed and another in known_hosts is kept there by it, in the first of several files', async () => {
    const server = await scene.serve();
    const others = scene.write('known_hosts_2', '');
    scene.know();
    scene.configure(
      server.port,
      'HostKeyAlias the-first',
      'HashKnownHosts yes',
      `UserKnownHostsFile ${scene.knownHosts} ${others}`,
      `IdentityFile ${scene.path('id')}`,
    );
    const prompts = new Answers(true);
    await scene.connect(prompts);
    expect(prompts.hostKeys).toHaveLength(1);
    expect(scene.read('known_hosts')).toMatch(/^\|1\|[^\n]+\n$/);
    expect(scene.read('known_hosts_2')).toBe('');
    expect(await must(['ssh-keygen', '-F', 'the-first', '-f', scene.knownHosts])).toContain('found');
    expect((await run(['ssh-keygen', '-F', `[127.0.0.1]:${server.port}`, '-f', scene.knownHosts])).code).not.toBe(0);
    await scene.connect();
  });

  it('is reached from the interface that is named', async () => {
    const { port } = await scene.serve();
    scene.configure(port, 'BindInterface lo', 'AddressFamily inet', `IdentityFile ${scene.path('id')}`);
    expect((await said(await scene.connect(), 'echo "$SSH_CONNECTION"')).stdout).toMatch(/^127\.0\.0\.1 /);
    scene.configure(port, 'BindInterface no-such', 'AddressFamily inet', `IdentityFile ${scene.path('id')}`);
    await expect(scene.connect()).rejects.toMatchObject({
      kind: 'unreachable',
      ...(isSsh2 ? { opensshMay: expect.stringContaining('BindInterface no-such') as unknown } : {}),
    });
  });

  it.skipIf(!hasSyscalls)(
    `whose command hands over a socket is ${isSsh2 ? "left to the system's ssh" : 'reached by that'}`,
    async () => {
      const { port } = await scene.serve();
      // Perl has no words for a descriptor in a message but the system's own.
      const program = scene.write('hand-over.pl', handOver);
      scene.configure(
        port,
        `ProxyCommand perl ${program} %p`,
        'ProxyUseFdpass yes',
        `IdentityFile ${scene.path('id')}`,
      );
      if (isSsh2) {
        await expect(scene.connect()).rejects.toMatchObject({
          kind: 'unreachable',
          message: expect.stringContaining('ProxyUseFdpass') as unknown,
          opensshMay: expect.stringContaining('ProxyUseFdpass') as unknown,
        });
      }
      const connection = await scene.connect(undefined, undefined, isSsh2 ? { transport: 'auto' } : {});
      expect(connection.transport).toBe('openssh');
      expect((await said(connection, 'echo in')).stdout).toBe('in\n');
    },
  );
});
