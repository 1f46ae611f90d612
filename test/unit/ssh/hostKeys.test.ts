import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/ssh/hostKeyVerifier.js';
import type { HostConnection } from '../../../src/ssh/types.js';
import { Answers, Home } from './home.js';
import { blobOf, ecdsa, ed25519, RecordingServer } from './recordingServer.js';

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
