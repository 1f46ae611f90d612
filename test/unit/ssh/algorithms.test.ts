import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../src/ssh/destination.js';
import type { HostKeyAlgorithm } from '../../../src/ssh/hostKeyPolicy.js';
import { type ResolvedHost, resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import { algorithmsFor, allowedNames, mayOffer } from '../../../src/ssh/ssh2/algorithms.js';
import { loadSsh2 } from '../../../src/ssh/ssh2/library.js';

const environment = { platform: 'linux', env: {}, homeDir: '/home/me', userName: 'me' } as const;
const hostOf = (keywords: Record<string, string> = {}): ResolvedHost =>
  resolvedHostOf(
    new Map(Object.entries(keywords).map(([keyword, value]) => [keyword, [value]])),
    parseDestination('hv1'),
    environment,
  );

describe('the algorithms offered to a host', () => {
  const stock = { supported: ['a', 'b', 'c', 'old'], offered: ['a', 'b', 'c'] };

  it.each([
    ['nothing is configured', undefined, ['a', 'b', 'c']],
    ['a list is, in its order, as far as it can be had', 'c,new,a', ['c', 'a']],
    ['a list adds to the usual', '+old,new', ['a', 'b', 'c', 'old']],
    ['a list takes from the usual', '-b,x*', ['a', 'c']],
    ['a list goes before the usual', '^old,c', ['old', 'c', 'a', 'b']],
    ['a list has patterns', 'o*,?', ['old', 'a', 'b', 'c']],
    ['a list has only others', 'new,newer', []],
  ])('where %s', (_, configured, names) => {
    expect(allowedNames(configured, stock)).toEqual(names);
  });

  it("are ssh2's own without a configuration, with the key types that are known first", async () => {
    const { stocks } = await loadSsh2();
    const rsa: HostKeyAlgorithm[] = ['rsa-sha2-512', 'rsa-sha2-256'];
    const { kex, cipher, serverHostKey } = algorithmsFor(hostOf(), rsa, stocks);
    expect(kex).toEqual(stocks.kex.offered);
    expect(new Set(cipher as string[])).toEqual(new Set(stocks.ciphers.offered));
    expect((serverHostKey as string[]).slice(0, 3)).toEqual([...rsa, 'ssh-ed25519']);
  });

  it('never name what ssh2 does not have, whatever OpenSSH would print', async () => {
    const { stocks } = await loadSsh2();
    const lists = algorithmsFor(
      hostOf({
        kexalgorithms: 'mlkem768x25519-sha256,sntrup761x25519-sha512@openssh.com,curve25519-sha256',
        hostkeyalgorithms: 'ssh-ed25519-cert-v01@openssh.com,ssh-ed25519,rsa-sha2-512',
        ciphers: 'chacha20-poly1305@openssh.com,aes256-gcm@openssh.com',
        macs: 'umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com',
      }),
      ['ssh-rsa', 'rsa-sha2-512'],
      stocks,
    );
    expect(lists).toMatchObject({
      kex: ['curve25519-sha256'],
      // SHA-1 was not allowed, though such a key is known.
      serverHostKey: ['rsa-sha2-512', 'ssh-ed25519'],
      hmac: ['hmac-sha2-256-etm@openssh.com'],
    });
    expect(new Set(lists.cipher as string[])).toEqual(
      new Set(['chacha20-poly1305@openssh.com', 'aes256-gcm@openssh.com']),
    );
  });

  it.each([
    ['kexalgorithms', 'mlkem768x25519-sha256', 'KexAlgorithms'],
    ['hostkeyalgorithms', 'sk-ssh-ed25519@openssh.com', 'HostKeyAlgorithms'],
    ['ciphers', 'none-such', 'Ciphers'],
    ['macs', 'umac-64@openssh.com', 'MACs'],
  ])('of which ssh2 has none are left to the system’s ssh: %s', async (keyword, value, name) => {
    const { stocks } = await loadSsh2();
    const choose = (): unknown => algorithmsFor(hostOf({ [keyword]: value }), [], stocks);
    expect(choose).toThrow(expect.objectContaining({ opensshMay: expect.stringContaining(name) as unknown }) as Error);
  });
});

describe("a key of the user's", () => {
  it.each([
    ['ssh-ed25519', undefined, true],
    ['ssh-ed25519', 'ssh-ed25519,rsa-sha2-512', true],
    ['ssh-ed25519', 'rsa-sha2-512', false],
    ['ssh-rsa', 'rsa-sha2-256', true],
    ['ssh-rsa', 'ssh-ed25519', false],
    ['ecdsa-sha2-nistp256', 'ecdsa-*', true],
    ['ssh-rsa', '-ssh-rsa', true],
  ])('of type %s may be offered where PubkeyAcceptedAlgorithms is %s: %s', (type, configured, may) => {
    expect(mayOffer(type, configured)).toBe(may);
  });
});
