import { shortKey } from '../hostKeyVerifier.js';
import { connectError, closedEarly, lossError, timedOut } from '../connectErrors.js';
import { knownHostName } from '../knownHosts.js';
import { printable } from '../printable.js';
import { labelOf, type ResolvedHost } from '../resolvedHost.js';
import { type RefusedHostKey, SshError } from '../types.js';

/** What the system says about a socket, in the words of Linux, macOS and Windows, and the code that Node has for it. */
const socketErrors: readonly (readonly [RegExp, string])[] = [
  [/refused/i, 'ECONNREFUSED'],
  [/timed out|failed to respond/i, 'ETIMEDOUT'],
  [/no route to host|unreachable|host is down|network is down|unreachable host/i, 'EHOSTUNREACH'],
  [/reset by peer|forcibly closed/i, 'ECONNRESET'],
];

/**
 * Why ssh did not log in, from what it said on its standard error: OpenSSH 7.4 to 10. `words` may hold text of servers and of
 * commands on the way, so what is read here is shown, and decides nothing.
 */
export function loginError(words: string, host: ResolvedHost, jumpHosts: readonly ResolvedHost[] = []): SshError {
  const jumpHost = jumpHostAtFault(words, jumpHosts);
  if (jumpHost !== undefined) {
    const { kind, message, advice, hostKey } = loginError(words, jumpHost);
    return new SshError(
      kind,
      `${host.destination} is reached through ${jumpHost.destination}: ${message}`,
      advice,
      hostKey === undefined ? {} : { hostKey },
    );
  }
  const lines = words
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && isTelling(line));
  return (
    hostKeyError(words, host) ??
    refusal(words, lines, host) ??
    networkError(words, host) ??
    protocolError(words, host) ??
    unexplained(lines, host)
  );
}

/** The host on the way whose key ssh refused, by the name that known_hosts has for it. */
function jumpHostAtFault(words: string, jumpHosts: readonly ResolvedHost[]): ResolvedHost | undefined {
  const name = /^(?:\S+ )?[Hh]ost key for (\S+) (?:has changed|was revoked)/m.exec(words)?.[1]?.toLowerCase();
  return jumpHosts.find((hop) => knownHostName(hop.hostName, hop.port, hop.hostKeyAlias) === name);
}

/** Where a changed key disagrees, as ssh says; whether it is so is for the file to tell. */
function offendingKey(words: string): RefusedHostKey | undefined {
  const where = /^Offending (?:key for IP|\S+ (?:CA )?key) in (.+):(\d+)\s*$/m.exec(words);
  const name = /^(?:\S+ )?[Hh]ost key for (\S+) has changed/m.exec(words)?.[1];
  if (where === null || name === undefined) return undefined;
  return { name, file: where[1] ?? '', line: Number(where[2]) };
}

function hostKeyError(words: string, host: ResolvedHost): SshError | undefined {
  const shown = (): string => {
    const [, type = 'host', fingerprint] =
      /fingerprint for the (\S+) key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/]+)/.exec(words) ?? [];
    const print = fingerprint === undefined ? '' : `, ${fingerprint},`;
    return `the ${type} key of ${labelOf(host)}${print}`;
  };
  const byFile = /^Host key \S+ \S+ revoked by file (.+)$/m.exec(words)?.[1];
  if (byFile !== undefined || /REVOKED HOST KEY DETECTED|is marked as revoked/.test(words)) {
    const place = byFile === undefined ? inKnownHosts : `in ${printable(byFile)} (RevokedHostKeys)`;
    return new SshError(
      'hostKeyRevoked',
      `Revoked host key: a key of ${labelOf(host)} was revoked ${place}: it must not be trusted.`,
      `Whoever runs ${host.destination} has to give it a new key.`,
    );
  }
  if (
    /REMOTE HOST IDENTIFICATION HAS CHANGED|POSSIBLE DNS SPOOFING|has changed and you have requested strict/.test(words)
  ) {
    const hostKey = offendingKey(words);
    const place = hostKey === undefined ? 'in your known_hosts' : `in ${printable(hostKey.file)} line ${hostKey.line}`;
    return new SshError(
      'hostKeyChanged',
      `Host key changed: ${shown()} is not the one ${place}: somebody may be in the middle, and nothing was sent.`,
      hostKey === undefined
        ? 'If the host was installed anew, remove its old key with ssh-keygen -R.'
        : `If the host was installed anew, forget its old key: ssh-keygen -f "${printable(hostKey.file)}" -R "${printable(hostKey.name)}".`,
      hostKey === undefined ? {} : { hostKey },
    );
  }
  if (/^Bad server host key: Invalid key length/m.test(words)) return shortKey(host);
  const unknown = /^No (\S+) host key is known for (\S+) and you have requested strict checking/m.exec(words);
  if (unknown !== null) {
    return new SshError(
      'hostKeyUnknown',
      `Unknown host key: the ${unknown[1] ?? 'host'} key of ${labelOf(host)} is not known.`,
      'StrictHostKeyChecking is "yes" in your ssh configuration: add its key to known_hosts first.',
    );
  }
  if (words.includes('Host key verification failed')) {
    return new SshError('hostKeyUnknown', `The key of ${labelOf(host)} was not accepted.`, advised(words));
  }
  return undefined;
}

/** Stands for the place of a key until the files have been looked at: ssh does not tell it. */
const inKnownHosts = 'in your known_hosts';

/** The key that ssh found revoked in a known_hosts, as far as its words tell. */
export function revokedKey(words: string): { readonly name: string; readonly type: string } | undefined {
  const [, type, name] = /^The (\S+) (?:host )?key for (\S+) is marked as revoked/m.exec(words) ?? [];
  return type === undefined || name === undefined ? undefined : { name: name.toLowerCase(), type };
}

/** Says where a key was revoked. */
export function withPlace(error: SshError, { file, line }: { readonly file: string; readonly line: number }): SshError {
  const place = `in ${printable(file)} line ${line}`;
  return new SshError(error.kind, error.message.replace(inKnownHosts, place), error.advice);
}

function refusal(words: string, lines: readonly string[], host: ResolvedHost): SshError | undefined {
  if (/too many authentication failures/i.test(words)) return connectError({ message: words }, host);
  const denied = /^(?:(\S+@\S+): )?Permission denied \((.+)\)\.$/m.exec(words);
  if (denied === null) return undefined;
  const who = denied[1] === undefined || denied[1] === `${host.user}@${host.hostName}` ? labelOf(host) : denied[1];
  const skipped = lines.filter((line) =>
    /^(Load key|Permissions \d+ for|sign_and_send_pubkey|Couldn't|identity_sign)/.test(line),
  );
  const because = skipped.length === 0 ? '' : ` ssh said: ${skipped.map((line) => printable(line)).join(' ')}`;
  const methods = printable(denied[2] ?? '')
    .split(',')
    .join(', ');
  return new SshError(
    'authentication',
    `${printable(who)} did not let you in; it takes ${methods}.`,
    `Add your public key to ~/.ssh/authorized_keys there, or load the right key into your agent.${because}`,
  );
}

/** Whether it was the destination that let nobody in: where a host on the way does, ssh finds that way closed. */
export function isRefusedAtTheEnd(words: string): boolean {
  const isClosed = /^(?:kex_exchange_identification|ssh_exchange_identification|Connection closed by UNKNOWN)/m.test(
    words,
  );
  return !isClosed && /^\S+: Permission denied \(.*\)\.\s*$/m.test(words);
}

/** How many hosts on the way have let the user in, as their ssh tell; the one for the destination itself does not say so here. */
export function hostsPassed(words: string): number {
  return words.match(/^Authenticated to /gm)?.length ?? 0;
}

/** What the ssh of a host on the way tells beside what went wrong. */
function isTelling(line: string): boolean {
  return !/^(?:Authenticated (?:to|using) |Transferred: sent |Bytes per second: sent )/.test(line);
}

function networkError(words: string, host: ResolvedHost): SshError | undefined {
  const unresolved = /Could not resolve hostname (\S+): (.+)$/m.exec(words);
  if (unresolved !== null) {
    return connectError(
      { message: unresolved[2] ?? '', code: 'ENOTFOUND' },
      { ...host, hostName: unresolved[1] ?? '' },
    );
  }
  const [, name = '', port = '', why] = /^ssh: connect to host (\S+) port (\d+): (.+)$/m.exec(words) ?? [];
  if (why === undefined) return undefined;
  if (name !== host.hostName || Number(port) !== host.port) {
    return new SshError(
      'unreachable',
      `${labelOf(host)} is reached through ${printable(name)} port ${port}, which can't be reached: ${printable(why)}.`,
      'Check that it is up, and ProxyJump in your ssh configuration.',
    );
  }
  const code = socketErrors.find(([said]) => said.test(why))?.[1];
  return connectError(code === undefined ? { message: why, level: 'client-socket' } : { message: why, code }, host);
}

function protocolError(words: string, host: ResolvedHost): SshError | undefined {
  const lacking = /no matching ([a-z ]+) found/.exec(words)?.[1];
  if (lacking !== undefined) return connectError({ message: `no matching ${lacking}` }, host);
  if (/during banner exchange|^Connection to .+ timed out$/m.test(words)) return timedOut(host, undefined);
  const noSsh =
    /^(?:kex_exchange_identification|ssh_exchange_identification|ssh_dispatch_run_fatal): .*(banner line|invalid|Invalid).*$|^(Bad packet length .*|Bad remote protocol version .*|Protocol major versions differ.*|.*message authentication code incorrect)$/m.exec(
      words,
    )?.[0];
  if (noSsh !== undefined) return connectError({ message: noSsh.replace(/\.$/, '') }, host);
  const forbidden = /administratively prohibited|stdio forwarding failed/i.test(words);
  if (forbidden && host.proxyJump !== undefined) {
    return new SshError(
      'unreachable',
      `${labelOf(host)} is reached through ${printable(host.proxyJump)}, which opens no connection to it.`,
      'Check that it can reach the host, and AllowTcpForwarding in its sshd configuration.',
    );
  }
  const goodbye = /^Received disconnect from .+?:\d+: ?(.*)$/m.exec(words)?.[1];
  if (goodbye !== undefined) return connectError({ message: goodbye, code: 2 }, host);
  return undefined;
}

function unexplained(lines: readonly string[], host: ResolvedHost): SshError {
  const closed =
    /^(kex_exchange_identification|ssh_exchange_identification|Connection (closed|reset) by|Connection to .* closed)/;
  // A command on the way says why it failed before ssh says that it did.
  const telling = lines.find((line) => !closed.test(line));
  if (telling !== undefined) {
    return new SshError('unreachable', `${labelOf(host)} can't be reached: ${printable(telling).replace(/\.$/, '')}.`);
  }
  return lines.some((line) => /reset/i.test(line))
    ? connectError({ message: 'reset', code: 'ECONNRESET' }, host)
    : closedEarly(host);
}

function advised(words: string): string | undefined {
  return /read_passphrase|ssh_askpass/.test(words)
    ? 'ssh could not ask for it: its helper program could not be run from the temporary folder.'
    : undefined;
}

/** Adds why ssh did not take a host's certificate, after which it asks about the key as if there were none. */
export function withCertificateFault(error: SshError, words: string): SshError {
  const why = /^Certificate invalid: (.+)$/m.exec(words)?.[1];
  if (why === undefined || error.kind !== 'hostKeyUnknown') return error;
  const { kind, message, advice, byUser } = error;
  return new SshError(kind, `${message} Its certificate is not valid: ${printable(why)}.`, advice, { byUser });
}

/** Why an established connection is gone, from the last that ssh said. */
export function lossFrom(words: string, address: string, silenceMs: number): SshError {
  if (/^Timeout, server .* not responding/m.test(words)) {
    return lossError({ message: 'timeout', level: 'client-timeout' }, address, silenceMs);
  }
  const last = words.trim().split(/\r?\n/).findLast(isTelling)?.trim() ?? '';
  if (last === '' || last.includes('closed by remote host')) return lossError(undefined, address, silenceMs);
  return lossError({ message: last.replace(/\.$/, '') }, address, silenceMs);
}
