import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostConnection } from '../../../src/ssh/types.js';
import { Answers, appearance, Home } from './home.js';
import { ed25519, encryptedKey, type KeyPair, RecordingServer, type ServerScript } from './recordingServer.js';

const hostKey = ed25519();
const userKey = ed25519();
const otherKey = ed25519();
const lockedKey = encryptedKey('open sesame');
const never = new AbortController().signal;

let home: Home;
const opened: { dispose(): void }[] = [];

beforeEach(() => {
  home = new Home();
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

async function login(
  server: RecordingServer,
  keywords: Record<string, string> = {},
  prompts?: Answers,
): Promise<HostConnection> {
  const connection = await home.connector(keywords).connect(`root@127.0.0.1:${server.port}`, prompts, never);
  opened.push(connection);
  return connection;
}

async function agentWith(...keys: KeyPair[]): Promise<void> {
  const socket = join(home.path, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  opened.push({ dispose: () => agent.kill() });
  await appearance(socket);
  for (const [index, key] of keys.entries()) {
    const file = home.addKey(`agent-key-${index}`, key);
    const added = spawnSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    expect(added.stderr.toString()).toBe('');
  }
  home.env = { SSH_AUTH_SOCK: socket };
}

describe('logging in', () => {
  it('works with a key file, and asks nothing', async () => {
    const server = await serverOf();
    home.addKey('id_ed25519', userKey);
    const connection = await login(server);
    expect(connection.address).toBe(`root@127.0.0.1:${server.port}`);
    expect(server.attempts).toEqual(['none', 'publickey ssh-ed25519', 'publickey ssh-ed25519 signed']);
  });

  it('says that keys of a smartcard are not offered, and by whom they may be', async () => {
    const server = await serverOf();
    home.addKey('id_ed25519', otherKey);
    await expect(login(server, { pkcs11provider: '/usr/lib/opensc-pkcs11.so' })).rejects.toMatchObject({
      kind: 'authentication',
      advice: expect.stringContaining('opensc-pkcs11.so (a PKCS11Provider, which only ssh can use)') as unknown,
      opensshMay: expect.stringContaining('a smartcard') as unknown,
    });
    // Without that card ssh logs in by the other keys as well.
    home.addKey('id_ed25519', userKey);
    await login(server, { pkcs11provider: '/usr/lib/opensc-pkcs11.so' });
  });

  it('tries key files in the order of the configuration until one is accepted', async () => {
    const server = await serverOf();
    const files = [home.addKey('first', otherKey), home.addKey('second', userKey), home.addKey('third', ed25519())];
    await login(server, { identityfile: files.join('\n') });
    expect(server.attempts.filter((attempt) => attempt.startsWith('publickey'))).toHaveLength(3);
  });

  it('asks the passphrase of an encrypted key, again when it was wrong, and only then signs', async () => {
    const server = await serverOf({ accepts: [lockedKey] });
    const file = home.addKey('id_ed25519', lockedKey);
    const prompts = new Answers(true, ['wrong', 'open sesame']);
    await login(server, {}, prompts);
    expect(prompts.passphrases).toEqual([`${file} 1`, `${file} 2`]);
    expect(server.attempts.filter((attempt) => attempt.endsWith('signed'))).toHaveLength(1);
  });

  it('never asks the passphrase of a key that the server would not accept', async () => {
    const server = await serverOf({ accepts: [] });
    home.addKey('id_ed25519', lockedKey);
    const prompts = new Answers(true, ['open sesame']);
    await expect(login(server, {}, prompts)).rejects.toMatchObject({ kind: 'authentication' });
    expect(prompts.passphrases).toEqual([]);
  });

  it('in the background asks no passphrase and says so', async () => {
    const server = await serverOf({ accepts: [lockedKey] });
    const file = home.addKey('id_ed25519', lockedKey);
    const failed = login(server);
    await expect(failed).rejects.toMatchObject({ kind: 'authentication' });
    await expect(failed).rejects.toHaveProperty('advice', expect.stringContaining(`${file} (its passphrase is asked`));
  });

  it('that fails names the user, the host and the keys that were offered', async () => {
    const server = await serverOf();
    const file = home.addKey('id_ed25519', otherKey);
    await expect(login(server)).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringMatching(
        new RegExp(`^root@127.0.0.1:${server.port} accepts none of the keys offered: ${file} \\(SHA256:`),
      ) as unknown,
    });
  });

  it('that has no key to offer says what it did not offer, and why', async () => {
    const server = await serverOf();
    const file = home.addKey('id_ed25519', userKey, 0o644);
    await expect(login(server)).rejects.toMatchObject({
      message: `There is no key to offer to root@127.0.0.1:${server.port}.`,
      advice: expect.stringContaining(`${file} (others can read it (mode 0644)`) as unknown,
    });
    expect(server.attempts).toEqual(['none']);
  });

  it('to a server that takes passwords only offers it no key', async () => {
    const server = await serverOf({ methods: ['password'] });
    home.addKey('id_ed25519', userKey);
    await expect(login(server)).rejects.toMatchObject({
      message: expect.stringContaining('asks for a password, and none was given') as unknown,
      advice: expect.stringContaining('Connect to it yourself') as unknown,
    });
    expect(server.attempts).toEqual(['none']);
  });
});

describe("logging in with the agent's keys", () => {
  it('works without any key file', async () => {
    await agentWith(userKey);
    await login(await serverOf());
  });

  it('offers keys of the configuration first, and a key that is also a file only once', async () => {
    await agentWith(otherKey, userKey);
    const server = await serverOf();
    const file = home.addKey('id_ed25519', userKey);
    await login(server, { identityfile: file });
    expect(server.attempts).toEqual(['none', 'publickey ssh-ed25519', 'publickey ssh-ed25519 signed']);
  });

  it('with IdentitiesOnly offers none that the configuration does not name', async () => {
    await agentWith(userKey);
    const server = await serverOf();
    await expect(login(server, { identitiesonly: 'yes', identityfile: '~/none' })).rejects.toMatchObject({
      message: expect.stringContaining('no key to offer') as unknown,
    });
    expect(server.attempts).toEqual(['none']);
    const file = join(home.path, '.ssh', 'named.pub');
    home.write(file, userKey.public);
    await login(server, { identitiesonly: 'yes', identityfile: file });
  });

  it('goes on with key files where no agent answers', async () => {
    home.env = { SSH_AUTH_SOCK: join(home.path, 'nobody') };
    const server = await serverOf();
    home.addKey('id_ed25519', userKey);
    await login(server);
  });
});
