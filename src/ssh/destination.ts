import { isIPv6 } from 'node:net';
import { printable } from './printable.js';
import { SshError } from './types.js';

export type LibvirtUri = 'qemu:///system' | 'qemu:///session';

/** What the user typed, taken apart. Host and user are safe to give to a program as arguments, never yet to a shell. */
export interface Destination {
  /** As typed, for messages. */
  readonly text: string;
  /** An alias of the ssh configuration, a name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** What a pasted libvirt URI asks for; undefined where the text says nothing about it. */
  readonly uri: LibvirtUri | undefined;
  /** What of a pasted URI is not followed, a sentence each. */
  readonly notes: readonly string[];
}

const advice = 'Give an ssh alias, user@host, user@host:port, or a qemu+ssh:// address.';
const sshSchemes = new Set(['ssh', 'qemu+ssh', 'qemu+libssh', 'qemu+libssh2']);
/** What a shell would read (configurations put %h and %r into commands), and what changes the meaning of a known_hosts line. */
const unsafeInHost = /['"`$\\;&<>|(){}*?!,#[\]/@=~^]/;
/** As OpenSSH's own rule, and `$`; a backslash is part of DOMAIN\user. */
const unsafeInUser = /['"`$;&<>|(){}*?!,#[\]/=~^]|\\$/;

/** Takes a destination apart. Throws an `SshError` of kind `badDestination` for what can't be one. */
export function parseDestination(typed: string): Destination {
  const text = typed.trim();
  if (text === '') throw bad('The destination is empty.');
  if (/[\s\p{Cc}\p{Cf}]/u.test(text)) {
    throw bad(`The destination "${printable(text)}" contains spaces or control characters.`);
  }
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(text);
  if (url === null) return { text, ...splitAuthority(text, text), uri: undefined, notes: [] };

  const [, scheme = '', authority = '', path = '', query = ''] = url;
  if (!sshSchemes.has(scheme.toLowerCase())) {
    throw bad(`"${printable(text)}" is not reached over SSH to QEMU: only ssh:// and qemu+ssh:// are.`);
  }
  if (authority === '') throw bad(`"${printable(text)}" names no host.`);
  const parts = splitAuthority(decode(authority, text), text);
  if (scheme.toLowerCase() === 'ssh') return { text, ...parts, uri: undefined, notes: [] };
  return { text, ...parts, uri: libvirtUri(path, text), notes: notesOn(query) };
}

function libvirtUri(path: string, text: string): LibvirtUri | undefined {
  if (path === '' || path === '/') return undefined;
  if (path === '/system' || path === '/session') return `qemu://${path}`;
  throw bad(`"${printable(text)}" asks for the libvirt "${printable(path)}": only /system and /session exist here.`);
}

/** Parameters of the URI belong to libvirt's own ssh; here the ssh configuration decides, and keys are always checked. */
function notesOn(query: string): string[] {
  const names = [...new URLSearchParams(query).keys()];
  return names.map(
    (name) => `"${printable(name)}" of the URI is not used: set it in your ssh configuration if it is needed.`,
  );
}

function splitAuthority(authority: string, text: string): Pick<Destination, 'host' | 'user' | 'port'> {
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? undefined : authority.slice(0, at);
  if (user !== undefined) checkUser(user, text);
  return { user, ...splitPort(authority.slice(at + 1), text) };
}

function splitPort(rest: string, text: string): Pick<Destination, 'host' | 'port'> {
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/.exec(rest);
  if (bracketed !== null) {
    const [, host = '', port] = bracketed;
    if (!isIPv6(host)) throw bad(`"${printable(text)}" has no IPv6 address between its brackets.`);
    checkHost(host, text);
    return { host, port: port === undefined ? undefined : portOf(port, text) };
  }
  if (isIPv6(rest)) {
    checkHost(rest, text);
    return { host: rest, port: undefined };
  }
  const [host = '', port, ...more] = rest.split(':');
  if (more.length > 0) throw bad(`"${printable(text)}" has too many colons; an IPv6 address with a port is [::1]:22.`);
  checkHost(host, text);
  return { host, port: port === undefined ? undefined : portOf(port, text) };
}

function checkHost(host: string, text: string): void {
  if (host === '') throw bad(`"${printable(text)}" names no host.`);
  if (host.startsWith('-')) throw bad(`The host of "${printable(text)}" begins with a dash.`);
  if (unsafeInHost.test(host)) throw bad(`The host of "${printable(text)}" contains characters no host name has.`);
}

function checkUser(user: string, text: string): void {
  if (user === '') throw bad(`"${printable(text)}" has no user before the @.`);
  if (user.startsWith('-')) throw bad(`The user of "${printable(text)}" begins with a dash.`);
  // What stands before the colon is not repeated: the rest may be a password.
  if (user.includes(':')) throw bad('A destination carries no password: keys and agents are used instead.');
  if (unsafeInUser.test(user)) throw bad(`The user of "${printable(text)}" contains characters no user name has.`);
}

function portOf(port: string, text: string): number {
  const value = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (value < 1 || value > 65535) throw bad(`The port of "${printable(text)}" is not a number from 1 to 65535.`);
  return value;
}

/** Percent signs of an address: what they hide is checked as if it had been typed. An IPv6 zone's bare % stays. */
function decode(authority: string, text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(authority.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    throw bad(`"${printable(text)}" has broken %-escapes.`);
  }
  if (/[\s\p{Cc}\p{Cf}]/u.test(decoded)) throw bad(`"${printable(text)}" hides spaces or control characters.`);
  return decoded;
}

function bad(message: string): SshError {
  return new SshError('badDestination', message, advice);
}
