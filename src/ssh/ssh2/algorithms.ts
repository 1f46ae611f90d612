import type { Algorithms } from 'ssh2';
import type { HostKeyAlgorithm } from '../hostKeyPolicy.js';
import { matchesPattern } from '../patterns.js';
import type { AlgorithmLists, ResolvedHost } from '../resolvedHost.js';
import { SshError } from '../types.js';

/** What ssh2 has of one kind: all of it, and what it offers by itself, the best first. */
export interface AlgorithmStock {
  readonly supported: readonly string[];
  readonly offered: readonly string[];
}

/** What ssh2 has, by the kinds that can be configured. */
export interface AlgorithmStocks {
  readonly kex: AlgorithmStock;
  readonly hostKeys: AlgorithmStock;
  readonly ciphers: AlgorithmStock;
  readonly macs: AlgorithmStock;
}

const kinds = ['kex', 'hostKeys', 'ciphers', 'macs'] as const;
type Kind = (typeof kinds)[number];

const keywords: Readonly<Record<Kind, string>> = {
  kex: 'KexAlgorithms',
  hostKeys: 'HostKeyAlgorithms',
  ciphers: 'Ciphers',
  macs: 'MACs',
};

/**
 * The algorithms to offer a host: those that its configuration allows, in its order, and of them the host key types that are
 * known first. Ciphers keep ssh2's order, which knows what is fast here. Throws an `SshError` where ssh2 has none of them.
 */
export function algorithmsFor(
  host: ResolvedHost,
  preferred: readonly HostKeyAlgorithm[],
  stocks: AlgorithmStocks,
): Algorithms {
  const chosen = Object.fromEntries(
    kinds.map((kind) => [kind, allowed(kind, host, stocks[kind])] as const),
  ) as unknown as Record<Kind, string[]>;
  const known = preferred.filter((name) => chosen.hostKeys.includes(name));
  const lists = {
    kex: chosen.kex,
    serverHostKey: [...new Set([...known, ...chosen.hostKeys])],
    cipher: stocks.ciphers.supported.filter((name) => chosen.ciphers.includes(name)),
    hmac: chosen.macs,
  };
  // Each name is one of ssh2's own: they were taken from its lists.
  return lists as Algorithms;
}

function allowed(kind: Kind, { algorithms, destination }: ResolvedHost, stock: AlgorithmStock): string[] {
  const list = allowedNames(algorithms[kind], stock);
  if (list.length > 0) return list;
  throw new SshError(
    'unreachable',
    `This extension has none of the ${keywords[kind]} that your ssh configuration allows for ${destination}.`,
    "Have the transport chosen automatically, or set it to the system's ssh.",
    { opensshMay: `Of the ${keywords[kind]} configured for ${destination} ssh2 has none.` },
  );
}

/** A configured list against what there is. One that begins with `+`, `-` or `^` changes what is offered without it. */
export function allowedNames(configured: string | undefined, { supported, offered }: AlgorithmStock): string[] {
  if (configured === undefined) return [...offered];
  const change = /^[+^-]/.exec(configured)?.[0];
  const named = configured
    .slice(change === undefined ? 0 : 1)
    .split(',')
    .filter((name) => name !== '');
  const matching = (names: readonly string[]): string[] =>
    named.flatMap((pattern) => names.filter((name) => matchesPattern(pattern, name)));
  switch (change) {
    case '+':
      return [...new Set([...offered, ...matching(supported)])];
    case '^':
      return [...new Set([...matching(supported), ...offered])];
    case '-': {
      const without = new Set(matching(offered));
      return offered.filter((name) => !without.has(name));
    }
    default:
      return [...new Set(matching(supported))];
  }
}

/** Whether a key of the user's may be offered, by its type as it stands in the key: `ssh-rsa` for all RSA keys. */
export function mayOffer(keyType: string, configured: AlgorithmLists['publicKeys']): boolean {
  // A change of OpenSSH's own list, which is not known here; ssh prints lists in full.
  if (configured === undefined || /^[+^-]/.test(configured)) return true;
  const names = keyType === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [keyType];
  return configured.split(',').some((pattern) => names.some((name) => matchesPattern(pattern, name)));
}
