import { createHmac, randomBytes } from 'node:crypto';
import { isNamed } from './patterns.js';

/** One line of a known_hosts file. */
export interface KnownHostEntry {
  readonly marker: 'key' | 'cert-authority' | 'revoked';
  /** Names, patterns or one hashed name, as in the file. */
  readonly names: string;
  readonly keyType: string;
  readonly key: Buffer;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** The name known_hosts has for a host: with its port where that is not 22. An alias stands for itself. */
export function knownHostName(hostName: string, port: number, alias: string | undefined): string {
  if (alias !== undefined) return alias.toLowerCase();
  const name = hostName.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Reads a known_hosts file. Comments and lines that are broken are skipped, as ssh does. */
export function parseKnownHosts(text: string, file: string): KnownHostEntry[] {
  return text.split('\n').flatMap((line, index) => {
    const entry = parseLine(line.trim(), file, index + 1);
    return entry === undefined ? [] : [entry];
  });
}

function parseLine(text: string, file: string, line: number): KnownHostEntry | undefined {
  if (text === '' || text.startsWith('#')) return undefined;
  const words = text.split(/[ \t]+/);
  const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority') return undefined;
  const [names, keyType, base64] = words;
  if (names === undefined || keyType === undefined || base64 === undefined) return undefined;
  const key = Buffer.from(base64, 'base64');
  // Also tells a key that was cut off in the middle of its type, and SSH 1's numbers.
  if (keyTypeOf(key) !== keyType) return undefined;
  return {
    marker: marker === '@revoked' ? 'revoked' : marker === '@cert-authority' ? 'cert-authority' : 'key',
    names,
    keyType,
    key,
    file,
    line,
  };
}

/** The type a public key in SSH's wire form says it has: its first string. Undefined for what is no key. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  if (length === 0 || length > 64 || key.length <= 4 + length) return undefined;
  return key.toString('latin1', 4, 4 + length);
}

/** Whether an entry is about the host known as `name` (see `knownHostName`). */
export function isAbout(entry: KnownHostEntry, name: string): boolean {
  if (entry.names.startsWith('|')) return matchesHash(entry.names, name);
  return isNamed(entry.names.toLowerCase().split(','), name);
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function matchesHash(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return hashOf(name, Buffer.from(salt, 'base64')) === hash;
}

function hashOf(name: string, salt: Buffer): string {
  return createHmac('sha1', salt).update(name).digest('base64');
}

/**
 * The file's text without the keys of the host known as `name`, and how many these were. Lines of other names stay, as do
 * those that name it among others, without it; what was revoked stays revoked, and a pattern, which is about other hosts too,
 * stays as well.
 */
export function withoutKeysOf(text: string, name: string): { readonly text: string; readonly removed: number } {
  let removed = 0;
  const lines = text.split('\n').flatMap((line) => {
    const entry = parseLine(line.trim(), '', 0);
    if (entry?.marker !== 'key' || !isAbout(entry, name)) return [line];
    const names = entry.names.split(',');
    const others = entry.names.startsWith('|') ? [] : names.filter((one) => one.toLowerCase() !== name);
    if (others.length === names.length) return [line];
    removed += 1;
    return others.length === 0 ? [] : [line.replace(entry.names, () => others.join(','))];
  });
  return { text: lines.join('\n'), removed };
}

/** The line that makes a key known. */
export function knownHostsLine(name: string, keyType: string, key: Buffer, hashed: boolean): string {
  let names = name;
  if (hashed) {
    const salt = randomBytes(20);
    names = `|1|${salt.toString('base64')}|${hashOf(name, salt)}`;
  }
  return `${names} ${keyType} ${key.toString('base64')}\n`;
}
