import { describe, expect, it, vi } from 'vitest';
import { Credentials, CredentialStore } from '../../../../src/ssh/credentials.js';
import { Deadline } from '../../../../src/ssh/deadline.js';
import { parseDestination } from '../../../../src/ssh/destination.js';
import type { Hop } from '../../../../src/ssh/hops.js';
import { Answers } from '../../../../src/ssh/openssh/answers.js';
import { resolvedHostOf } from '../../../../src/ssh/resolvedHost.js';
import type { ConnectPrompts, SshError } from '../../../../src/ssh/types.js';
import { MemorySecrets } from '../../../memorySecrets.js';

const environment = { platform: 'linux', env: {}, homeDir: '/home/me', userName: 'me' } as const;
const never = new AbortController().signal;
const fingerprint = 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

function hop(text: string, hostName: string): Hop {
  const destination = parseDestination(text);
  return { destination, host: resolvedHostOf(new Map([['hostname', [hostName]]]), destination, environment) };
}

const bastion = hop('me@bastion', '192.0.2.1');
const target = hop('root@hv1', '192.0.2.7');

function scene(prompts: Partial<ConnectPrompts> | undefined, hops: readonly Hop[] = [bastion, target]) {
  const asked = {
    confirmHostKey: vi.fn(() => Promise.resolve(true)),
    passphrase: vi.fn(() => Promise.resolve({ secret: 'opens', keep: false })),
    password: vi.fn(() => Promise.resolve({ secret: 'typed', keep: false })),
    challenge: vi.fn(() => Promise.resolve(['123456'])),
    touch: vi.fn(),
    ...prompts,
  };
  const given: SshError[] = [];
  const notices: string[] = [];
  const store = new CredentialStore(new MemorySecrets());
  const answers = new Answers({
    hops,
    credentials: new Credentials(store, prompts === undefined ? undefined : asked),
    prompts: prompts === undefined ? undefined : asked,
    deadline: new Deadline(1000),
    isLast: (asker) => asker === 7,
    knownTypes: () => Promise.resolve(['ssh-rsa']),
    giveUp: (error) => given.push(error),
    onNotice: (text) => notices.push(text),
  });
  const ask = (prompt: string, asker = 7, hint = '', gone = never): Promise<string | undefined> =>
    answers.answer({ prompt, hint, asker, gone });
  return { asked, given, notices, store, ask };
}

const keyQuestion = (name: string): string =>
  `The authenticity of host '${name} (192.0.2.7)' can't be established.\nED25519 key fingerprint is ${fingerprint}.\n` +
  'Are you sure you want to continue connecting (yes/no/[fingerprint])? ';

describe("what the system's ssh asks", () => {
  it('about a key is asked with its host, fingerprint and the other keys it is known by', async () => {
    const { ask, asked } = scene({});
    expect(await ask(keyQuestion('192.0.2.7'))).toBe('yes');
    expect(asked.confirmHostKey).toHaveBeenCalledExactlyOnceWith({
      destination: 'root@hv1',
      host: '192.0.2.7',
      address: '192.0.2.7',
      port: 22,
      keyType: 'ssh-ed25519',
      fingerprint,
      otherKnownTypes: ['ssh-rsa'],
    });
  });

  it('about a key ends the attempt when the user does not accept it, or nobody is there', async () => {
    const refusing = scene({ confirmHostKey: () => Promise.resolve(false) });
    expect(await refusing.ask(keyQuestion('192.0.2.7'))).toBeUndefined();
    expect(refusing.given).toMatchObject([{ kind: 'hostKeyUnknown', advice: 'Its key was not accepted.' }]);

    const background = scene(undefined);
    expect(await background.ask(keyQuestion('192.0.2.7'))).toBeUndefined();
    expect(background.given).toMatchObject([{ kind: 'hostKeyUnknown' }]);
    expect(background.asked.confirmHostKey).not.toHaveBeenCalled();
  });

  it('about a key without its fingerprint is never accepted', async () => {
    const { ask, asked, given } = scene({});
    expect(await ask("The authenticity of host 'hv1 (192.0.2.7)' can't be established.")).toBeUndefined();
    expect(asked.confirmHostKey).not.toHaveBeenCalled();
    expect(given).toMatchObject([{ kind: 'hostKeyUnknown' }]);
  });

  it('for a password is asked for the hop that wants it', async () => {
    const { ask, asked } = scene({});
    expect(await ask("me@192.0.2.1's password: ", 8)).toBe('typed');
    expect(asked.password).toHaveBeenLastCalledWith(
      { destination: 'me@bastion', user: 'me', host: '192.0.2.1', port: 22 },
      1,
    );
    expect(await ask("root@192.0.2.7's password: ")).toBe('typed');
    expect(asked.password).toHaveBeenLastCalledWith(
      { destination: 'root@hv1', user: 'root', host: '192.0.2.7', port: 22 },
      1,
    );
  });

  it('for a password a second time means that the first was wrong', async () => {
    const { ask, asked, store } = scene({});
    await store.accept('password root@192.0.2.7:22', { secret: 'kept', keep: true });
    expect(await ask("root@192.0.2.7's password: ")).toBe('kept');
    expect(asked.password).not.toHaveBeenCalled();
    expect(await ask("root@192.0.2.7's password: ")).toBe('typed');
    expect(asked.password).toHaveBeenCalledExactlyOnceWith(expect.anything(), 2);
    expect(await store.get('password root@192.0.2.7:22')).toBeUndefined();
  });

  it('for a password that nobody gives ends the attempt: an empty one would be a failure more', async () => {
    const { ask, given } = scene(undefined);
    expect(await ask("root@192.0.2.7's password: ")).toBeUndefined();
    expect(given).toMatchObject([
      {
        kind: 'authentication',
        message: 'root@192.0.2.7:22 asks for a password, and none was given.',
        advice: 'Connect to it yourself: in the background nothing is asked.',
      },
    ]);
  });

  it('where two hops share a name is asked for the one whose ssh asks', async () => {
    const inner = hop('root@inner', '192.0.2.1');
    const outer = hop('root@outer', '192.0.2.1');
    const { ask, asked } = scene({}, [outer, inner]);
    await ask("root@192.0.2.1's password: ", 7);
    expect(asked.password).toHaveBeenLastCalledWith(expect.objectContaining({ destination: 'root@inner' }), 1);
    await ask("root@192.0.2.1's password: ", 8);
    expect(asked.password).toHaveBeenLastCalledWith(expect.objectContaining({ destination: 'root@outer' }), 1);
  });

  it('for a password in the name of a stranger gets no secret of another host', async () => {
    const { ask, asked, store } = scene({});
    await store.accept('password root@192.0.2.7:22', { secret: 'kept', keep: true });
    await ask("root@192.0.2.99's password: ");
    expect(asked.password).toHaveBeenCalledExactlyOnceWith(
      { destination: '192.0.2.99', user: 'root', host: '192.0.2.99', port: 0 },
      1,
    );
  });

  it("in a server's words is shown as the server's", async () => {
    const { ask, asked } = scene({});
    expect(await ask("(root@192.0.2.7) Enter passphrase for key '/home/me/.ssh/id': ")).toBe('123456');
    expect(asked.passphrase).not.toHaveBeenCalled();
    expect(asked.challenge).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({
        destination: 'root@hv1',
        prompts: [{ text: "Enter passphrase for key '/home/me/.ssh/id': ", echo: false }],
      }),
    );
  });

  it.each([
    [7, 'root@hv1'],
    [8, 'me@bastion'],
  ])('for a touch of a security key tells so until it is touched, by the host that wants it', async (asker, name) => {
    const { ask, asked, given } = scene({});
    const touched = new AbortController();
    const answer = ask('Confirm user presence for key ED25519-SK SHA256:x', asker, 'none', touched.signal);
    expect(asked.touch).toHaveBeenCalledExactlyOnceWith(name, touched.signal);
    touched.abort();
    expect(await answer).toBeUndefined();
    expect(given).toEqual([]);
  });

  it('for a touch is refused at once in the background: the key must not blink for nobody', async () => {
    const { ask, asked, given } = scene(undefined);
    expect(await ask('Confirm user presence for key ED25519-SK SHA256:x', 7, 'none')).toBeUndefined();
    expect(asked.touch).not.toHaveBeenCalled();
    expect(given).toMatchObject([
      {
        kind: 'authentication',
        message: 'root@hv1 waits for a security key to be touched.',
        advice: expect.stringContaining('Connect to it yourself') as unknown,
      },
    ]);
  });

  it('and nobody understands is not answered, and said', async () => {
    const { ask, given, notices } = scene({});
    expect(await ask('Password: ')).toBeUndefined();
    expect(given).toMatchObject([{ message: `root@192.0.2.7:22: ssh asks "Password", which can't be answered here.` }]);
    expect(notices).toEqual(["ssh asked what can't be answered here: Password:"]);
    // No answer to a request for permission is a no, and nothing more.
    expect(await ask('Allow use of key id?', 7, 'confirm')).toBeUndefined();
    expect(given).toHaveLength(1);
  });
});
