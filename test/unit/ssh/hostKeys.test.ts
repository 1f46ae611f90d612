import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '../../../src/ssh/deadline.js';
import { parseDestination } from '../../../src/ssh/destination.js';
import { fingerprintOf, HostKeyVerifier } from '../../../src/ssh/hostKeyVerifier.js';
import { type KnownHostEntry, parseKnownHosts } from '../../../src/ssh/knownHosts.js';
import { KnownHostsFiles } from '../../../src/ssh/knownHostsFile.js';
import { type ResolvedHost, resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import { isShortRsaKey, rsaBitsOf } from '../../../src/ssh/rsaSize.js';
import type { HostConnection } from '../../../src/ssh/types.js';
import { Answers, Home } from './home.js';
import { blobOf, ecdsa, ed25519, type KeyPair, RecordingServer } from './recordingServer.js';

const hostKey = ed25519();
const ecdsaHostKey = ecdsa();
const userKey = ed25519();
const never = new AbortController().signal;

let home: Home;
let server: RecordingServer;
const connections: HostConnection[] = [];

beforeEach(async () => {
  home = new Home();
  home.addKey('id_ed25519', userKey);
  server = await RecordingServer.start({ hostKeys: [hostKey, ecdsaHostKey], accepts: [userKey] });
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.dispose();
  server.stop();
  home.remove();
});

async function login(prompts?: Answers, keywords: Record<string, string> = {}): Promise<void> {
  connections.push(await home.connector(keywords).connect(`root@127.0.0.1:${server.port}`, prompts, never));
}

/** Neither who the user is nor what they want to run has been told. */
function expectNothingTold(): void {
  expect(server.attempts).toEqual([]);
  expect(server.commands).toEqual([]);
}

describe('a host key nobody vouched for', () => {
  it('is asked about with its fingerprint, written down when accepted, and not asked about again', async () => {
    const first = new Answers(true);
    await login(first);
    expect(first.hostKeys).toEqual([
      {
        destination: `root@127.0.0.1:${server.port}`,
        host: '127.0.0.1',
        address: '127.0.0.1',
        port: server.port,
        keyType: 'ssh-ed25519',
        fingerprint: fingerprintOf(blobOf(hostKey)),
        otherKnownTypes: [],
      },
    ]);
    expect(home.readKnownHosts()).toBe(
      `[127.0.0.1]:${server.port} ssh-ed25519 ${blobOf(hostKey).toString('base64')}\n`,
    );
    const second = new Answers(false);
    await login(second);
    expect(second.hostKeys).toEqual([]);
  });

  it('is refused when the user says no, before anything is told', async () => {
    await expect(login(new Answers(false))).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
    await server.allGone();
    expectNothingTold();
    expect(home.readKnownHosts()).toBe('');
  });

  it('is refused in the background, whatever StrictHostKeyChecking says', async () => {
    for (const stricthostkeychecking of ['ask', 'false', 'accept-new', 'true']) {
      await expect(login(undefined, { stricthostkeychecking })).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
    }
    await server.allGone();
    expectNothingTold();
  });

  it('is refused without a question where StrictHostKeyChecking is yes', async () => {
    const prompts = new Answers(true);
    await expect(login(prompts, { stricthostkeychecking: 'true' })).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
    expect(prompts.hostKeys).toEqual([]);
    expectNothingTold();
  });

  it('is still asked about where StrictHostKeyChecking is no', async () => {
    const prompts = new Answers(true);
    await login(prompts, { stricthostkeychecking: 'false' });
    expect(prompts.hostKeys).toHaveLength(1);
  });

  it('that is accepted but can not be saved holds for this connection, and the log is told', async () => {
    home.write(`${home.path}/.ssh/file`, '');
    await login(new Answers(true), { userknownhostsfile: '~/.ssh/file/under/a/file' });
    expect(home.notices).toEqual([expect.stringContaining('was accepted but not saved')]);
  });
});

describe('a host key that is known', () => {
  it('is asked of the server, though it would rather show another', async () => {
    home.trust(server.port, ecdsaHostKey);
    await login();
  });

  it('by a type the server no longer has, is not enough, and the question says so', async () => {
    server.stop();
    server = await RecordingServer.start({ hostKeys: [hostKey], accepts: [userKey] });
    home.trust(server.port, ecdsaHostKey);
    const prompts = new Answers(false);
    await expect(login(prompts)).rejects.toMatchObject({ kind: 'hostKeyUnknown' });
    expect(prompts.hostKeys).toEqual([expect.objectContaining({ otherKnownTypes: ['ecdsa-sha2-nistp256'] })]);
    expectNothingTold();
  });
});

describe('somebody in the middle with another key', () => {
  it('gets no secret and no command, and the user is told which line disagrees', async () => {
    home.write(home.knownHosts, '# mine\n');
    home.trust(server.port, ed25519());
    const prompts = new Answers(true, ['secret']);
    await expect(login(prompts)).rejects.toMatchObject({
      kind: 'hostKeyChanged',
      message: expect.stringContaining(`${home.knownHosts} line 2`) as unknown,
    });
    await server.allGone();
    expectNothingTold();
    expect(prompts.hostKeys).toEqual([]);
    expect(prompts.passphrases).toEqual([]);
  });

  it('gets nothing either with a key that was revoked', async () => {
    home.trust(server.port, hostKey);
    home.trust(server.port, hostKey, '@revoked ');
    await expect(login(new Answers(true))).rejects.toMatchObject({ kind: 'hostKeyRevoked' });
    await server.allGone();
    expectNothingTold();
  });
});

describe('what only ssh can ask about a key', () => {
  it.each([
    ['RevokedHostKeys', { revokedhostkeys: '/etc/ssh/revoked' }],
    ['KnownHostsCommand', { knownhostscommand: '/usr/bin/known %H' }],
  ])('is not passed over: with %s nothing is connected to', async (keyword, keywords) => {
    home.trust(server.port, hostKey);
    await expect(login(new Answers(true), keywords)).rejects.toMatchObject({
      kind: 'hostKeyUnverifiable',
      message: expect.stringContaining(keyword) as unknown,
      opensshMay: expect.stringContaining(keyword) as unknown,
    });
    expectNothingTold();
  });
});

describe('a key that CheckHostIP looks at', () => {
  const host = (checkhostip: string): ResolvedHost =>
    resolvedHostOf(
      new Map([
        ['checkhostip', [checkhostip]],
        ['hostname', ['hv1.example']],
      ]),
      parseDestination('root@hv1:2222'),
      home.environment,
    );
  const entryOf = (name: string, key: KeyPair): KnownHostEntry => {
    const [entry] = parseKnownHosts(`${name} ${key.public}\n`, '/known');
    if (entry === undefined) throw new Error('no entry');
    return entry;
  };
  const verify = (checkhostip: string, entries: readonly KnownHostEntry[], address: string): Promise<void> =>
    new HostKeyVerifier({
      host: host(checkhostip),
      entries,
      files: new KnownHostsFiles(),
      acceptedKeysFile: undefined,
      prompts: undefined,
      deadline: new Deadline(1000),
      onNotice: () => undefined,
    }).verify(blobOf(hostKey), address);

  it('is refused as changed where the address is known by another, with the line that disagrees', async () => {
    const entries = [entryOf('[hv1.example]:2222', hostKey), { ...entryOf('[192.0.2.7]:2222', userKey), line: 2 }];
    await expect(verify('yes', entries, '192.0.2.7')).rejects.toMatchObject({
      kind: 'hostKeyChanged',
      hostKey: { name: '[192.0.2.7]:2222', file: '/known', line: 2 },
    });
    await verify('no', entries, '192.0.2.7');
    await verify('yes', entries, '192.0.2.8');
    const loopback = [entries[0] ?? entryOf('x', hostKey), entryOf('[127.0.0.1]:2222', userKey)];
    await verify('yes', loopback, '127.0.0.1');
  });
});

describe('an RSA key', () => {
  const keys = [1024, 2048, 3072].map((bits) => ssh2.utils.generateKeyPairSync('rsa', { bits }));

  it('has as many bits as it was made with', () => {
    expect(keys.map((key) => rsaBitsOf(blobOf(key)))).toEqual([1024, 2048, 3072]);
    expect(rsaBitsOf(blobOf(hostKey))).toBeUndefined();
    expect(isShortRsaKey(Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from('ssh-rsa'), Buffer.from([0])]), 1)).toBe(
      true,
    );
  });

  it.each([
    ['2048', true],
    ['3072', false],
  ])('of 2048 bits is taken where RequiredRSASize is %s: %s', async (requiredrsasize, taken) => {
    const rsa = keys[1] ?? hostKey;
    const short = await RecordingServer.start({ hostKeys: [rsa], accepts: [rsa] });
    try {
      home.trust(short.port, rsa);
      home.addKey('id_rsa', rsa);
      const connecting = home.connector({ requiredrsasize }).connect(`root@127.0.0.1:${short.port}`, undefined, never);
      if (taken) connections.push(await connecting);
      else
        await expect(connecting).rejects.toMatchObject({
          message: expect.stringContaining('RequiredRSASize') as unknown,
        });
      expect(short.attempts.some((attempt) => attempt.endsWith('signed'))).toBe(taken);

      home.trust(server.port, hostKey);
      const mine = home.connector({ requiredrsasize, identityfile: '~/.ssh/id_rsa' });
      await expect(mine.connect(`root@127.0.0.1:${server.port}`, undefined, never)).rejects.toMatchObject({
        kind: 'authentication',
        advice: taken
          ? (expect.not.stringContaining('RequiredRSASize') as unknown)
          : (expect.stringContaining('fewer than 3072 bits') as unknown),
      });
    } finally {
      short.stop();
    }
  });
});
