import { printable } from './printable.js';
import { labelOf, type ResolvedHost } from './resolvedHost.js';
import { SshError } from './types.js';

/** What ssh2 and the socket put into their errors. */
export interface TransportFailure {
  readonly message: string;
  /** The system's name for a socket error, or the number of SSH's disconnect reason. */
  readonly code?: unknown;
  readonly level?: unknown;
}

const tooManyFailures = /too many authentication failures/i;

/** Why no connection came about, in words for the tree. */
export function connectError(failure: TransportFailure, host: ResolvedHost): SshError {
  const name = labelOf(host);
  const cause = { cause: failure };
  const unreachable = (message: string, advice?: string): SshError =>
    new SshError('unreachable', message, advice, cause);
  switch (failure.code) {
    case 'ECONNREFUSED':
      return unreachable(`${name} refused the connection.`, 'Check that sshd runs there, and the port.');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return new SshError(
        'unresolved',
        `No address was found for ${printable(host.hostName)}.`,
        'Check the name, and that your network and VPN are up.',
        cause,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
    case 'EADDRNOTAVAIL':
      return unreachable(`There is no route to ${name}.`, 'Check your network and VPN, and that the host is up.');
    case 'ETIMEDOUT':
      return timedOut(host, undefined);
    case 'ECONNRESET':
    case 'EPIPE':
      return unreachable(`${name} broke off the connection.`, 'Its sshd log tells why.');
    case undefined:
      break;
    default:
      if (failure.level === 'client-socket') return unreachable(`${name}: ${printable(failure.message)}.`);
  }
  if (tooManyFailures.test(failure.message)) {
    return new SshError(
      'authentication',
      `${name} gave up after too many attempts to log in.`,
      'If many keys are offered to it, set IdentityFile and IdentitiesOnly in your ssh configuration, so that only the right one is.',
      cause,
    );
  }
  const lacking = /no matching (.+)$/.exec(failure.message)?.[1];
  if (lacking !== undefined) {
    return new SshError(
      'unreachable',
      `${name} and this extension have no ${printable(lacking)} in common.`,
      'Its sshd is too old, or restricted to algorithms that are not supported here.',
      { ...cause, opensshMay: `${name} and ssh2 have no ${printable(lacking)} in common.` },
    );
  }
  if (failure.level === 'client-socket') return unreachable(`${name}: ${printable(failure.message)}.`);
  // A number is the reason of SSH's own goodbye; the text is the server's.
  if (typeof failure.code === 'number') {
    return unreachable(`${name} ended the connection: ${printable(failure.message)}.`, 'Its sshd log tells why.');
  }
  if (failure.message.includes('before handshake')) return closedEarly(host);
  return unreachable(
    `${name} answers, but not as an SSH server should: ${printable(failure.message)}.`,
    'Check the port: something other than sshd may listen there.',
  );
}

/** The server closed without a word. */
export function closedEarly(host: ResolvedHost): SshError {
  return new SshError(
    'unreachable',
    `${labelOf(host)} closed the connection before login was done.`,
    'It may be overloaded, refuse this address, or have waited too long for an answer: connect again, or read its sshd log.',
  );
}

/** `limitMs` is undefined where the system gave up, not this extension. */
export function timedOut(host: ResolvedHost, limitMs: number | undefined): SshError {
  const within = limitMs === undefined ? '' : ` within ${limitMs / 1000} s`;
  return new SshError(
    'unreachable',
    `${labelOf(host)} did not answer${within}.`,
    'Check that it is up, and that no firewall swallows the connection.',
  );
}

export function cancelled(destination: string): SshError {
  return new SshError('cancelled', `Connecting to ${printable(destination)} was cancelled.`);
}

/** Why an established connection is gone. `failure` is undefined where the server just closed it. */
export function lossError(failure: TransportFailure | undefined, address: string, silenceMs: number): SshError {
  const cause = failure === undefined ? {} : { cause: failure };
  const lost = (how: string): SshError =>
    new SshError('lost', `The connection to ${address} was lost: ${how}.`, undefined, cause);
  if (failure === undefined) return lost('the other side closed it');
  if (failure.level === 'client-timeout') return lost(`it has not answered for ${Math.round(silenceMs / 1000)} s`);
  return lost(printable(failure.message));
}

/** Why the server opened no channel, or ran no command on it. */
export function channelError(failure: TransportFailure, address: string): SshError {
  if (/open failure/i.test(failure.message)) {
    return new SshError(
      'channelRefused',
      `${address} opens no further session: ${printable(failure.message.replace(/^.*open failure: /i, ''))}.`,
      'Its sshd limits the sessions of one connection (MaxSessions); this extension needs a few.',
      { cause: failure },
    );
  }
  return new SshError(
    'channel',
    `${address} does not run commands for this user: ${printable(failure.message)}.`,
    'Check the login shell, and that no ForceCommand or restricted key stands in the way.',
    { cause: failure },
  );
}
