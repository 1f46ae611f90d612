import { describe, expect, it } from 'vitest';
import { Credentials, CredentialStore } from '../../../src/ssh/credentials.js';
import type { SecretAnswer } from '../../../src/ssh/types.js';
import { MemorySecrets } from '../../memorySecrets.js';

describe('passwords and passphrases', () => {
  it('are kept beyond the window only where the user says so', async () => {
    const secrets = new MemorySecrets();
    const store = new CredentialStore(secrets);
    await store.accept('passphrase /home/me/.ssh/id', { secret: 'typed', keep: false });
    await store.accept('password root@hv1:22', { secret: 'kept', keep: true });
    const nextWindow = new CredentialStore(secrets);
    expect(await store.get('passphrase /home/me/.ssh/id')).toBe('typed');
    expect(await nextWindow.get('passphrase /home/me/.ssh/id')).toBeUndefined();
    expect(await nextWindow.get('password root@hv1:22')).toBe('kept');
  });

  it('are all forgotten at once, those of other windows too, and nothing is left', async () => {
    const secrets = new MemorySecrets();
    const [first, second] = [new CredentialStore(secrets), new CredentialStore(secrets)];
    await Promise.all(
      ['root@hv1:22', 'root@hv2:22', 'root@hv3:22'].map((address) =>
        first.accept(`password ${address}`, { secret: 'x', keep: true }),
      ),
    );
    await second.accept('passphrase /k', { secret: 'y', keep: false });
    expect(await second.forgetAll()).toBe(4);
    expect(secrets.kept).toEqual(new Map());
    expect(await second.get('passphrase /k')).toBeUndefined();
    expect(await second.forgetAll()).toBe(0);
  });

  it('that were refused are no longer counted', async () => {
    const secrets = new MemorySecrets();
    const store = new CredentialStore(secrets);
    await store.accept('password root@hv1:22', { secret: 'x', keep: true });
    await store.forget('password root@hv1:22');
    expect(secrets.kept).toEqual(new Map());
    expect(await store.forgetAll()).toBe(0);
  });

  it('are named in the index, which holds none of them, and a broken index is begun anew', async () => {
    const secrets = new MemorySecrets();
    secrets.kept.set('kept', 'not JSON');
    const store = new CredentialStore(secrets);
    await store.accept('password root@hv1:22', { secret: 'hunter2', keep: true });
    expect(secrets.kept.get('kept')).toBe('["password root@hv1:22"]');
  });

  it('of one key are asked for once by all hosts that are connected together, and not again once it was typed', async () => {
    const store = new CredentialStore(new MemorySecrets());
    const answers: ((answer: SecretAnswer | undefined) => void)[] = [];
    const prompts = {
      confirmHostKey: () => Promise.resolve(false),
      passphrase: () => new Promise<SecretAnswer | undefined>((resolve) => answers.push(resolve)),
      password: () => Promise.resolve(undefined),
      challenge: () => Promise.resolve(undefined),
    };
    const first = new Credentials(store, prompts);
    const second = new Credentials(store, prompts);
    const third = new Credentials(store, prompts);
    const asked = [first.passphrase('/k', 1), second.passphrase('/k', 1)];
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toHaveLength(1);
    answers[0]?.({ secret: 'wrong', keep: false });
    expect(await Promise.all(asked)).toEqual(['wrong', 'wrong']);
    // It opened nothing: whoever asks again is asked again.
    const again = first.passphrase('/k', 2);
    await new Promise((resolve) => setImmediate(resolve));
    answers[1]?.({ secret: 'right', keep: false });
    expect(await again).toBe('right');
    expect(await third.passphrase('/k', 1)).toBe('right');
    expect(answers).toHaveLength(2);
  });
});
