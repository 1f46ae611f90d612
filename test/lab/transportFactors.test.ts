import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectPrompts } from '../../src/ssh/types.js';
import type { Sshd } from './sshd.js';
import { ContractScene, ways } from './transportContract.js';
import { alice, said } from './transportScene.js';

const mail = 'alice@example.org';

/** A key, then what PAM asks of a real sshd: the password, and a word more. */
describe.each(ways)('by %s, a login by a key and two questions', (_way, { options, shares }) => {
  let scene: ContractScene;
  let server: Sshd;

  beforeEach(async () => {
    scene = new ContractScene(options);
    server = await scene.serve(
      {
        accounts: [alice],
        lines: ['KbdInteractiveAuthentication yes', 'AuthenticationMethods publickey,keyboard-interactive'],
        pam: [
          'auth requisite pam_unix.so nodelay',
          'auth required pam_ftp.so users=alice ignore',
          'account required pam_permit.so',
          'session required pam_permit.so',
        ],
      },
      'User alice',
    );
  });
  afterEach(() => scene.end());

  /** Somebody who answers each question by its words, until they have no answer left. */
  function person(passwords: readonly string[], words: readonly string[]): ConnectPrompts & { asked: string[] } {
    const left = { password: [...passwords], word: [...words] };
    const asked: string[] = [];
    const answer = (text: string): string | undefined => {
      const kind = text.includes('e-mail') ? 'word' : 'password';
      asked.push(kind);
      return left[kind].shift();
    };
    return {
      asked,
      confirmHostKey: () => Promise.resolve(false),
      passphrase: () => Promise.resolve(undefined),
      password: () => {
        const secret = answer('Password');
        return Promise.resolve(secret === undefined ? undefined : { secret, keep: false });
      },
      challenge: ({ prompts }) => {
        const answers = prompts.map(({ text }) => answer(text));
        return Promise.resolve(answers.flatMap((text) => (text === undefined ? [] : [text])));
      },
    };
  }
  const count = (words: RegExp): number => server.log().match(words)?.length ?? 0;

  it('asks both, and again after a wrong password', async () => {
    const user = person(['wrong', alice.password], [mail]);
    const connection = await scene.connect(user);
    expect(user.asked).toEqual(['password', 'password', 'word']);
    if (shares) expect((await said(connection, 'id -un')).stdout).toBe('alice\n');
    else await expect(connection.exec('id -un')).rejects.toMatchObject({ kind: 'authentication' });
    connection.dispose();
    await scene.nothingLeft(server);
    expect(count(/Accepted keyboard-interactive\/pam for alice/g)).toBe(1);
  });

  it('does not ask more often than is configured', async () => {
    scene.configure(server.port, 'User alice', 'NumberOfPasswordPrompts 2', `IdentityFile ${scene.path('id')}`);
    const user = person(['wrong', 'wrong too', alice.password], [mail]);
    await expect(scene.connect(user)).rejects.toMatchObject({ kind: 'authentication' });
    expect(user.asked).toEqual(['password', 'password']);
    await scene.nothingLeft(server);
  });

  it('ends where the second is not answered, and says what was asked', async () => {
    await expect(scene.connect(person([alice.password], []))).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringContaining('e-mail') as unknown,
    });
    expect(count(/Accepted keyboard-interactive/g)).toBe(0);
    await scene.nothingLeft(server);
  });

  it('costs no kept password where the second is not answered: nobody has refused it', async () => {
    const kept = `password alice@127.0.0.1:${server.port}`;
    await scene.secrets.store(kept, alice.password);
    const user = person([alice.password], []);
    await expect(scene.connect(user)).rejects.toMatchObject({ kind: 'authentication', byUser: true });
    expect(user.asked.at(-1)).toBe('word');
    expect(scene.secrets.kept.get(kept)).toBe(alice.password);
  });

  it('asks nobody in the background, and answers nothing', async () => {
    await expect(scene.connect()).rejects.toMatchObject({ kind: 'authentication' });
    expect(count(/Partial publickey for alice/g)).toBe(1);
    expect(count(/keyboard-interactive\/pam|authentication failure/g)).toBe(0);
    await scene.nothingLeft(server);
  });
});
