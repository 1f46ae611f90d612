import { isAbout, type KnownHostEntry, keyTypeOf } from './knownHosts.js';
import type { StrictHostKeyChecking } from './resolvedHost.js';

/** What the known_hosts files say about the key a host shows. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  | {
      readonly kind: 'unknown';
      /** Types of other keys this host is known by: a host rarely gets a new one, so it is worth a word. */
      readonly otherTypes: readonly string[];
      /** The host is vouched for by a certificate authority only, which this transport can't check. */
      readonly certAuthority: boolean;
    }
  | { readonly kind: 'changed' | 'revoked'; readonly file: string; readonly line: number };

/** The names to look up: the one with the port first, then, as ssh does, the bare one. */
export interface HostKeyNames {
  readonly name: string;
  readonly bareName: string;
}

/**
 * Compares a key with what is known, per key type: a new key of a type not seen before is unknown, not changed. A revoked key
 * is refused before anything else is looked at.
 */
export function judgeHostKey(entries: readonly KnownHostEntry[], names: HostKeyNames, key: Buffer): HostKeyVerdict {
  const keyType = keyTypeOf(key);
  const about = entries.filter((entry) => isAbout(entry, names.name));
  const aboutBare = entries.filter((entry) => isAbout(entry, names.bareName));

  const revoked = [...about, ...aboutBare].find((entry) => entry.marker === 'revoked' && entry.key.equals(key));
  if (revoked !== undefined) return { kind: 'revoked', file: revoked.file, line: revoked.line };

  const keys = about.filter((entry) => entry.marker === 'key');
  const sameType = keys.filter((entry) => entry.keyType === keyType);
  if (sameType.some((entry) => entry.key.equals(key))) return { kind: 'known' };
  const [other] = sameType;
  if (other !== undefined) return { kind: 'changed', file: other.file, line: other.line };

  // On another port nothing is known under [host]:port yet: ssh then takes the key of the bare name, if it is the same.
  if (aboutBare.some((entry) => entry.marker === 'key' && entry.key.equals(key))) return { kind: 'known' };
  return {
    kind: 'unknown',
    otherTypes: [...new Set(keys.map((entry) => entry.keyType))],
    // Under the bare name too, as for a key.
    certAuthority: [...about, ...aboutBare].some((entry) => entry.marker === 'cert-authority'),
  };
}

/**
 * As `judgeHostKey`, by CheckHostIP under the address as well: a key that disagrees with what is known there is changed, or
 * revoked, whatever is known of the name. `names` are those that the verdict is about.
 */
export function judgeHostAndAddress(
  entries: readonly KnownHostEntry[],
  names: HostKeyNames,
  addressNames: HostKeyNames | undefined,
  key: Buffer,
): { readonly verdict: HostKeyVerdict; readonly names: HostKeyNames } {
  const verdict = judgeHostKey(entries, names, key);
  if (addressNames === undefined || isAgainst(verdict)) return { verdict, names };
  const ofAddress = judgeHostKey(entries, addressNames, key);
  return isAgainst(ofAddress) ? { verdict: ofAddress, names: addressNames } : { verdict, names };
}

function isAgainst({ kind }: HostKeyVerdict): boolean {
  return kind === 'changed' || kind === 'revoked';
}

export type HostKeyDecision =
  | 'accept'
  | 'ask'
  | 'refuse'
  /** Only a certificate would tell, and this transport can't check one. */
  | 'leave';

/**
 * What to do about a verdict. No setting accepts a key silently: `no` and `accept-new` of the configuration also ask. Where
 * nobody can be asked, an unknown key is refused.
 */
export function decideHostKey(
  verdict: HostKeyVerdict,
  strict: StrictHostKeyChecking,
  canAsk: boolean,
): HostKeyDecision {
  switch (verdict.kind) {
    case 'known':
      return 'accept';
    case 'changed':
    case 'revoked':
      return 'refuse';
    case 'unknown':
      if (verdict.certAuthority) return 'leave';
      return canAsk && strict !== 'yes' ? 'ask' : 'refuse';
  }
}

/** Signature algorithms by the key type they belong to. */
const algorithmsOfType = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  // SHA-1 last: a host so old that it has nothing else is still better met by the key that is known.
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
} as const;

export type HostKeyAlgorithm = (typeof algorithmsOfType)[keyof typeof algorithmsOfType][number];

/**
 * The algorithms to ask the server for first, so that it shows a key that is known rather than another it also has. Ed25519
 * is the first by default, and is named here only if others that are known would push it behind.
 */
export function preferredAlgorithms(entries: readonly KnownHostEntry[], names: HostKeyNames): HostKeyAlgorithm[] {
  const known = entries.filter((entry) => entry.marker === 'key');
  const named = known.filter((entry) => isAbout(entry, names.name));
  const about = named.length > 0 ? named : known.filter((entry) => isAbout(entry, names.bareName));
  const types = new Set(about.map((entry) => entry.keyType));
  const wanted = Object.entries(algorithmsOfType).flatMap(([type, algorithms]) => (types.has(type) ? algorithms : []));
  return wanted.every((algorithm) => algorithm === 'ssh-ed25519') ? [] : wanted;
}
