import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SshConnector } from '../../../src/ssh/connector.js';
import { CredentialStore } from '../../../src/ssh/credentials.js';
import { resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import type { Ssh2Limits } from '../../../src/ssh/ssh2/transport.js';
import type { ConnectPrompts, HostConnection, SshError } from '../../../src/ssh/types.js';
import { Answers, deferred, Home } from './home.js';
import {
  ecdsa,
  ed25519,
  encryptedKey,
  type KeyPair,
  plainServer,
  RecordingServer,
  type ServerScript,
} from './recordingServer.js';

const userKey = ed25519();
const keys = { gate: ed25519(), bastion: ed25519(), hv1: ed25519() };
const never = new AbortController().signal;

type Name = keyof typeof keys;

let home: Home;
let servers: Record<Name, RecordingServer>;
/** What the configuration says of each host, besides its port. */
let configuration: Record<Name, Record<string, string>>;
const opened: { dispose(): void }[] = [];

beforeEach(() => {
  home = new Home();
  home.addKey('id_ed25519', userKey);
  configuration = {
    gate: { hostname: '127.0.0.1' },
    bastion: { hostname: 'bastion.inside' },
    hv1: { hostname: 'hv1.inside', proxyjump: 'gate,bob@bastion' },
  };
});
afterEach(() => {
  for (const item of opened.splice(0).reverse()) item.dispose();
  home.remove();
});

/** Three servers: gate leads to bastion, bastion to hv1. All keys are known. */
async function network(scripts: Partial<Record<Name, Partial<ServerScript>>> = {}): Promise<void> {
  const start = async (name: Name, next?: RecordingServer): Promise<RecordingServer> => {
    const server = await RecordingServer.start({
      hostKeys: [keys[name]],
      accepts: [userKey],
      ...(next === undefined ? {} : { forwards: () => next.port }),
      ...scripts[name],
    });
    opened.push({ dispose: () => server.stop() });
    return server;
  };
  const hv1 = await start('hv1');
  const bastion = await start('bastion', hv1);
  servers = { hv1, bastion, gate: await start('gate', bastion) };
  know('gate', keys.gate);
  know('bastion', keys.bastion);
  know('hv1', keys.hv1);
}

function know(name: Name, key: KeyPair): void {
  const known = `[${configuration[name]['hostname'] ?? name}]:${servers[name].port} ${key.public}\n`;
  home.write(home.knownHosts, home.readKnownHosts() + known);
}

function connect(
  options: { prompts?: ConnectPrompts; signal?: AbortSignal; limits?: Partial<Ssh2Limits> } = {},
): Promise<HostConnection> {
  const connector = new SshConnector({
    credentials: new CredentialStore(home.secrets),
    environment: home.environment,
    limits: options.limits ?? {},
    transport: 'ssh2',
    onNotice: (text) => home.notices.push(text),
    resolve: (destination) => {
      const name = destination.host as Name;
      const said = { globalknownhostsfile: 'none', port: String(servers[name].port), ...configuration[name] };
      const keywords = new Map(Object.entries(said).map(([keyword, value]) => [keyword, [value]]));
      return Promise.resolve(resolvedHostOf(keywords, destination, home.environment));
    },
  });
  return connector.connect('root@hv1', options.prompts, options.signal ?? never);
}

async function connected(limits: Partial<Ssh2Limits> = {}): Promise<HostConnection> {
  const connection = await connect({ limits });
  opened.push(connection);
  return connection;
}

const allGone = async (): Promise<unknown> => Promise.all(Object.values(servers).map((server) => server.allGone()));

const closeOf = (connection: HostConnection): Promise<SshError | undefined> =>
  new Promise((resolve) => connection.onClose(resolve));

describe('a host behind two jump hosts', () => {
  it('is reached through them, each looking up the name of the next, and runs the command', async () => {
    await network({
      hv1: {
        onExec: (_, channel) => {
          channel.write('here');
          channel.exit(0);
          channel.end();
        },
      },
    });
    const connection = await connected();
    expect(connection.address).toBe(`root@hv1.inside:${servers.hv1.port}`);
    const channel = await connection.exec('hostname');
    await expect(new Promise((resolve) => channel.onStdout(resolve))).resolves.toBe('here');
    expect(servers.gate.forwarded).toEqual([`bastion.inside:${servers.bastion.port}`]);
    expect(servers.bastion.forwarded).toEqual([`hv1.inside:${servers.hv1.port}`]);
    expect([servers.gate.commands, servers.bastion.commands]).toEqual([[], []]);
  });

  it('carries large answers whole', async () => {
    const size = 8 * 1024 * 1024;
    await network({
      hv1: {
        onExec: (_, channel) => {
          channel.end(Buffer.alloc(size, 'x'));
        },
      },
    });
    const connection = await connected();
    const channel = await connection.exec('cat');
    let received = 0;
    channel.onStdout((text) => (received += text.length));
    await new Promise((resolve) => channel.onClose(resolve));
    expect(received).toBe(size);
  });

  it('takes large inputs whole', async () => {
    const size = 8 * 1024 * 1024;
    const received = deferred<number>();
    await network({
      hv1: {
        onExec: (_, channel) => {
          let sum = 0;
          channel.on('data', (data: Buffer) => (sum += data.length));
          channel.on('end', () => received.resolve(sum));
        },
      },
    });
    const channel = await (await connected()).exec('cat');
    channel.write('x'.repeat(size));
    channel.end();
    expect(await received.promise).toBe(size);
  });

  it('leaves no connection behind when it is closed', async () => {
    await network();
    const connection = await connected();
    connection.dispose();
    await allGone();
  });

  it('asks about each unknown key in the name of the host that shows it, before anything is told to it', async () => {
    await network();
    home.write(home.knownHosts, '');
    const answers = new Answers();
    opened.push(await connect({ prompts: answers }));
    expect(answers.hostKeys.map(({ destination, host }) => [destination, host])).toEqual([
      ['gate', '127.0.0.1'],
      ['bob@bastion', 'bastion.inside'],
      ['root@hv1', 'hv1.inside'],
    ]);
  });

  it.each<[Name, Name[]]>([
    ['gate', ['bastion', 'hv1']],
    ['bastion', ['hv1']],
  ])('is not sought where the key of %s has changed, which is told nothing', async (name, beyond) => {
    await network();
    home.write(home.knownHosts, '');
    for (const other of ['gate', 'bastion', 'hv1'] as const) know(other, other === name ? ed25519() : keys[other]);
    const failure = await connect({ prompts: new Answers() }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      kind: 'hostKeyChanged',
      message: expect.stringContaining(
        `root@hv1 is reached through ${name === 'gate' ? 'gate' : 'bob@bastion'}: Host key changed: the ssh-ed25519 key of `,
      ) as unknown,
    });
    expect(servers[name].attempts).toEqual([]);
    expect(servers[name].forwarded).toEqual([]);
    for (const other of beyond) expect(servers[other].attempts).toEqual([]);
    await allGone();
  });

  it('is not sought where nobody can be asked about the key of a jump host', async () => {
    await network();
    home.write(home.knownHosts, '');
    await expect(connect()).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
    expect(servers.gate.attempts).toEqual([]);
    await allGone();
  });

  it('whose jump host does not let the user in says which', async () => {
    await network({ bastion: { accepts: [ecdsa()] } });
    await expect(connect()).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringContaining(
        `root@hv1 is reached through bob@bastion: bob@bastion.inside:${servers.bastion.port} accepts none`,
      ) as unknown,
    });
    await allGone();
  });

  it('that does not let the user in leaves no connection to its jump hosts', async () => {
    await network({ hv1: { accepts: [ecdsa()] } });
    await expect(connect()).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringContaining(`root@hv1.inside:${servers.hv1.port} accepts none`) as unknown,
    });
    await allGone();
  });

  it('that does not let the user in still leaves known what its jump hosts took', async () => {
    const locked = encryptedKey('open sesame');
    const path = home.addKey('id_ed25519', locked);
    await network({ gate: { accepts: [locked] }, bastion: { accepts: [locked] } });
    const answers = new Answers(true, ['open sesame']);
    answers.keep = true;
    await expect(connect({ prompts: answers })).rejects.toMatchObject({ kind: 'authentication' });
    expect(answers.passphrases).toEqual([`${path} 1`]);
    expect(await home.secrets.get(`passphrase ${path}`)).toBe('open sesame');
  });

  it('whose jump host forbids forwarding says what to allow there', async () => {
    await network();
    // Without a word about forwarding the server forbids it.
    const forbidding = await RecordingServer.start({ hostKeys: [keys.bastion], accepts: [userKey] });
    opened.push({ dispose: () => forbidding.stop() });
    servers.gate.stop();
    const gate = await RecordingServer.start({
      hostKeys: [keys.gate],
      accepts: [userKey],
      forwards: () => forbidding.port,
    });
    opened.push({ dispose: () => gate.stop() });
    servers = { ...servers, gate, bastion: forbidding };
    know('gate', keys.gate);
    know('bastion', keys.bastion);
    await expect(connect()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(
        /^root@hv1 \(root@hv1\.inside:\d+\) can't be reached: its jump host bob@bastion \(.*\) opens no connection to it: /,
      ) as unknown,
      advice: expect.stringContaining('AllowTcpForwarding') as unknown,
    });
    await allGone();
  });

  it('that its jump host never answers about is given up after the time limit', async () => {
    await network({ bastion: { forwards: () => undefined } });
    configuration.hv1['connecttimeout'] = '1';
    await expect(connect()).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('did not answer within 1 s') as unknown,
    });
    await allGone();
  });

  it('whose first jump host can not be reached says so', async () => {
    await network();
    const { port, stop } = await plainServer(() => undefined);
    stop();
    configuration.gate['port'] = String(port);
    await expect(connect()).rejects.toMatchObject({
      kind: 'unreachable',
      message: `root@hv1 is reached through gate: gate (me@127.0.0.1:${port}) refused the connection.`,
    });
  });

  it('is given up at once when the user cancels, wherever on the way that is', async () => {
    await network();
    home.write(home.knownHosts, '');
    know('gate', keys.gate);
    know('hv1', keys.hv1);
    const abort = new AbortController();
    const asked = deferred<undefined>();
    class Pondering extends Answers {
      override confirmHostKey(): Promise<boolean> {
        asked.resolve(undefined);
        return new Promise(() => undefined);
      }
    }
    const connecting = connect({ prompts: new Pondering(), signal: abort.signal });
    await asked.promise;
    abort.abort();
    await expect(connecting).rejects.toMatchObject({
      kind: 'cancelled',
      message: 'Connecting to root@hv1 was cancelled.',
    });
    await allGone();
  });

  it.each<[Name, string]>([
    ['gate', 'gate \\(me@127.0.0.1:\\d+\\)'],
    ['bastion', 'bob@bastion \\(bob@bastion.inside:\\d+\\)'],
  ])('is lost with its jump host %s, and says so', async (name, label) => {
    await network();
    const connection = await connected();
    const closing = closeOf(connection);
    servers[name].cut();
    const lost = await closing;
    expect(lost?.kind).toBe('lost');
    expect(lost?.message).toMatch(
      new RegExp(
        `^The connection to root@hv1.inside:\\d+ was lost: its jump host ${label} (closed the connection|was lost: .+)\\.$`,
      ),
    );
    await allGone();
  });

  it('that goes itself is lost without blame for its jump hosts', async () => {
    await network();
    const connection = await connected();
    const closing = closeOf(connection);
    servers.hv1.cut();
    expect((await closing)?.message).toMatch(/was lost: the other side closed it\.$/);
    await allGone();
  });

  it('is lost when a jump host goes silent', async () => {
    await network();
    const connection = await connected({ keepaliveIntervalMs: 200, keepaliveCountMax: 1 });
    const closing = closeOf(connection);
    servers.gate.freeze();
    expect((await closing)?.message).toMatch(/was lost: (its jump host .* has not answered for|it has not answered)/);
    servers.gate.cut();
    await allGone();
  });
});
