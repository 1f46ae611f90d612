import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Algorithms, Client } from 'ssh2';
import { Disposables } from '../../base/disposable.js';
import { messageOf } from '../../base/errors.js';
import type { Authentication, Ssh2 } from './authentication.js';
import { cancelled, closedEarly, connectError, timedOut } from '../connectErrors.js';
import type { Deadline } from '../deadline.js';
import type { HostKeyVerifier } from '../hostKeyVerifier.js';
import { labelOf, type ResolvedHost } from '../resolvedHost.js';
import { hangUp, WayError } from './line.js';
import { SshError } from '../types.js';

export interface HandshakeOptions {
  readonly ssh2: Ssh2;
  readonly host: ResolvedHost;
  /** Begins to open the way to the host. */
  readonly open: () => Duplex;
  readonly verifier: HostKeyVerifier;
  readonly algorithms: Algorithms;
  readonly authentication: Authentication;
  readonly deadline: Deadline;
  readonly timeoutMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCountMax: number;
  readonly signal: AbortSignal;
}

/** A logged-in client and what it speaks over. Nobody listens to them any more. */
export interface LoggedIn {
  readonly client: Client;
  readonly stream: Duplex;
}

/**
 * Connects, checks the host's key and logs in. `onReady` gets the client in the very turn it is ready, so that no event is
 * missed. Rejects with an `SshError`, and then nothing of it is left.
 */
export function handshake<T>(options: HandshakeOptions, onReady: (loggedIn: LoggedIn) => T): Promise<T> {
  const { ssh2, host, verifier, authentication, deadline, signal } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelled(host.destination));
      return;
    }
    const client = new ssh2.Client();
    const stream = options.open();
    const owned = new Disposables();
    let settled = false;
    // From its end on ssh2 throws at whatever it is given.
    let usable = true;
    const onEnd = (): void => {
      usable = false;
      fail(closedEarly(host));
    };

    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      owned.dispose();
      return true;
    };
    const fail = (error: SshError): void => {
      if (!settle()) return;
      authentication.stop();
      // Its listeners stay: what still comes of the broken connection is of no interest, but must not go unheard.
      reject(error);
      // In a moment, so that a goodbye that ssh2 is about to send still goes out.
      setImmediate(() => hangUp(stream));
      if (error.kind === 'cancelled' || (stream instanceof Socket && stream.connecting)) stream.destroy();
    };

    const onAbort = (): void => fail(cancelled(host.destination));
    signal.addEventListener('abort', onAbort);
    owned.add({ dispose: () => signal.removeEventListener('abort', onAbort) });
    owned.add(deadline);
    deadline.start(() => fail(timedOut(host, options.timeoutMs)));

    const onError = (error: Error & { readonly level?: unknown }): void => {
      // A key the agent or a file could not sign with; the next one is tried.
      if (error.level === 'agent') return;
      if (error.level === 'client-authentication') {
        if (authentication.isExhausted) fail(authentication.failure());
        return;
      }
      fail(wayError(error, host) ?? connectError(error, host));
    };
    const onceReady = (): void => {
      if (!settle()) return;
      client.removeListener('error', onError);
      resolve(onReady({ client, stream }));
    };
    client.on('error', onError);
    // Both stay: keys are exchanged, and checked, again later.
    client.once('end', onEnd);
    client.once('close', onEnd);
    client.once('ready', onceReady);
    // Nothing more would come of it: ssh2 waits for a new password, the server for ssh2.
    client.once('change password', () => fail(passwordExpired(host)));
    authentication.whenGivenUp(() => fail(authentication.failure()));

    const verify = (key: Buffer, done: (trusted: boolean) => void): void => {
      // A copy: ssh2 may use the packet's memory again.
      verifier.verify(Buffer.from(key), addressOfPeer(stream)).then(
        () => {
          if (usable) done(true);
        },
        (error: unknown) => {
          fail(error instanceof SshError ? error : new SshError('hostKeyUnknown', messageOf(error)));
          if (usable) done(false);
        },
      );
    };

    try {
      client.connect({
        sock: stream,
        username: host.user,
        hostVerifier: verify,
        authHandler: authentication.handler,
        // The deadline here stands still while a person is being asked, which ssh2's own does not.
        readyTimeout: 0,
        keepaliveInterval: options.keepaliveIntervalMs,
        keepaliveCountMax: options.keepaliveCountMax,
        algorithms: options.algorithms,
      });
    } catch (error) {
      fail(connectError({ message: messageOf(error) }, host));
    }
  });
}

/** Where a connection of this machine's own leads; undefined behind a jump host or a command. */
function addressOfPeer(stream: Duplex): string | undefined {
  return stream instanceof Socket ? stream.remoteAddress : undefined;
}

function passwordExpired(host: ResolvedHost): SshError {
  return new SshError(
    'authentication',
    `The password of ${labelOf(host)} has expired.`,
    'Log in with ssh in a terminal once, and choose a new one.',
  );
}

function wayError(error: unknown, host: ResolvedHost): SshError | undefined {
  if (!(error instanceof WayError)) return undefined;
  const { message, advice, opensshMay } = error;
  return new SshError('unreachable', `${labelOf(host)} can't be reached: ${message}.`, advice, {
    cause: error,
    ...(opensshMay === undefined ? {} : { opensshMay }),
  });
}
