import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import type { TransportName } from '../../src/ssh/types.js';
import type { HostConnection, SshError } from '../../src/ssh/types.js';
import { MemorySecrets } from '../memorySecrets.js';
import { must, until } from './run.js';
import { Sshd } from './sshd.js';
import { makeKey } from './sshFiles.js';

const never = new AbortController().signal;
const endLimitMs = 10_000;

/** Three real sshds: hv1 is reached through gate and then bastion, hv2 (the same server) by a command. */
describe.each<TransportName>(['ssh2', 'openssh'])('by %s, a host on the other side', (transport) => {
  /** What only this process can tell: ssh itself seldom says which host on the way it was. */
  const telling = (message: RegExp): unknown => expect.stringMatching(transport === 'ssh2' ? message : /./);

  let folder: string;
  let servers: { gate: Sshd; bastion: Sshd; hv1: Sshd };
  const opened: HostConnection[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jump-'));
    await makeKey(join(folder, 'key'), 'user');
    const authorizedKeys = [readFileSync(join(folder, 'key.pub'), 'utf8').trim()];
    const [gate, bastion, hv1] = await Promise.all([
      Sshd.start({ authorizedKeys }),
      Sshd.start({ authorizedKeys }),
      Sshd.start({ authorizedKeys }),
    ]);
    servers = { gate, bastion, hv1 };
    know(Object.values(servers));
    configure('gate,bastion');
  });
  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.dispose();
    await Promise.all(Object.values(servers).map((server) => server.dispose()));
    rmSync(folder, { recursive: true, force: true });
  });

  function know(known: readonly Sshd[]): void {
    writeFileSync(join(folder, 'known_hosts'), known.map((server) => server.hostKeyLine()).join(''));
  }

  function configure(proxyJump: string): void {
    const host = (name: string, { port }: Sshd, more: string): string => `Host ${name}\n  Port ${port}\n  ${more}\n`;
    writeFileSync(
      join(folder, 'config'),
      [
        host('gate', servers.gate, ''),
        host('bastion', servers.bastion, 'ProxyJump elsewhere'),
        host('hv1', servers.hv1, `ProxyJump ${proxyJump}`),
        host('hv2', servers.hv1, `ProxyCommand ssh -F ${join(folder, 'config')} -W %h:%p bastion2`),
        host('bastion2', servers.bastion, ''),
        'Host *',
        '  HostName 127.0.0.1',
        '  User root',
        `  IdentityFile ${join(folder, 'key')}`,
        '  IdentitiesOnly yes',
        '  IdentityAgent none',
        `  UserKnownHostsFile ${join(folder, 'known_hosts')}`,
        '  GlobalKnownHostsFile none',
        '',
      ].join('\n'),
    );
  }

  async function connect(destination: string): Promise<HostConnection> {
    const connector = new SshConnector({
      credentials: new CredentialStore(new MemorySecrets()),
      configFile: join(folder, 'config'),
      transport,
    });
    const connection = await connector.connect(destination, undefined, never);
    opened.push(connection);
    return connection;
  }

  async function answerOf(connection: HostConnection, command: string): Promise<string> {
    const channel = await connection.exec(command);
    let said = '';
    channel.onStdout((text) => (said += text));
    await new Promise((resolve) => channel.onClose(resolve));
    return said;
  }

  /** What this machine runs with the folder in its command line: an ssh of ours. */
  async function processes(): Promise<string[]> {
    return (await must(['ps', '-eo', 'pid,args'])).split('\n').filter((line) => line.includes(folder));
  }

  /** The connections of the servers' ports, as either side has them. */
  async function sockets(): Promise<string[]> {
    const ports = Object.values(servers).map(({ port }) => `:${port}`);
    const lines = (await must(['ss', '-Htn', 'state', 'established'])).split('\n');
    return lines.filter((line) => line.split(/\s+/).some((word) => ports.some((port) => word.endsWith(port))));
  }

  /** Resolves when neither side has anything left of any connection. */
  async function nothingLeft(): Promise<void> {
    await until(
      'the end of all processes and connections',
      async () => {
        const remote = Object.values(servers).flatMap((server) => server.processes());
        const left = [...(await processes()), ...(await sockets()), ...remote];
        return left.length === 0 || undefined;
      },
      endLimitMs,
    );
  }

  it.each(['hv1', 'hv2'])('(%s) runs a command, and leaves nothing behind', async (destination) => {
    await nothingLeft();
    const connection = await connect(destination);
    expect(connection.transport).toBe(transport);
    expect(await answerOf(connection, 'echo "$SSH_CONNECTION"')).toContain(` ${servers.hv1.port}\n`);
    expect(servers.bastion.connections()).toBe(1);
    expect(servers.gate.connections()).toBe(destination === 'hv1' ? 1 : 0);
    expect(await sockets()).not.toEqual([]);
    connection.dispose();
    await nothingLeft();
  });

  it('is not sought where a jump host has another key, which is told nothing', async () => {
    const other = await Sshd.start();
    try {
      const changed = `[127.0.0.1]:${servers.bastion.port}`;
      know([servers.gate, servers.hv1]);
      writeFileSync(join(folder, 'known_hosts'), other.hostKeyLine(changed), { flag: 'a' });
    } finally {
      await other.dispose();
    }
    await expect(connect('hv1')).rejects.toMatchObject({
      kind: 'hostKeyChanged',
      message: expect.stringMatching(/ through bastion: .* key of bastion /) as unknown,
    });
    await nothingLeft();
    expect(servers.bastion.log()).not.toMatch(/Accepted|Failed|Postponed|root/);
    expect(servers.hv1.connections()).toBe(0);
  });

  it('is not sought where a jump host forbids forwarding, and says what to allow', async () => {
    await servers.bastion.dispose();
    const authorizedKeys = [readFileSync(join(folder, 'key.pub'), 'utf8').trim()];
    servers.bastion = await Sshd.start({ authorizedKeys, lines: ['AllowTcpForwarding no'] });
    know(Object.values(servers));
    configure('gate,bastion');
    await expect(connect('hv1')).rejects.toMatchObject({
      kind: 'unreachable',
      advice: expect.stringContaining('AllowTcpForwarding') as unknown,
    });
    expect(servers.hv1.connections()).toBe(0);
    await nothingLeft();
  });

  it('that a jump host can not reach is explained in its words', async () => {
    await servers.hv1.kill();
    await expect(connect('hv1')).rejects.toMatchObject({
      kind: 'unreachable',
      message: telling(/bastion.*Connection refused/),
    });
    await expect(connect('hv2')).rejects.toMatchObject({
      kind: 'unreachable',
      message: telling(/ProxyCommand said ".*"/),
    });
    await nothingLeft();
  });

  it.each(['gate', 'bastion'] as const)('is lost when %s dies, and leaves nothing behind', async (name) => {
    const connection = await connect('hv1');
    const lost = new Promise<SshError | undefined>((resolve) => connection.onClose(resolve));
    await servers[name].kill();
    expect(await lost).toMatchObject({
      kind: 'lost',
      message: telling(new RegExp(`jump host ${name} `)),
    });
    await nothingLeft();
    await servers[name].restart();
    expect(await answerOf(await connect('hv1'), 'echo back')).toBe('back\n');
  });
});
