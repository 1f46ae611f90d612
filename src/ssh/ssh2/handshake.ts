import { connect, type Socket } from 'node:net';
import type { Client } from 'ssh2';
import { Disposables } from '../../base/disposable.js';
import { messageOf } from '../../base/errors.js';
import type { Authentication, Ssh2 } from './authentication.js';
import { cancelled, closedEarly, connectError, timedOut } from '../connectErrors.js';
import type { Deadline } from '../deadline.js';
import type { HostKeyAlgorithm } from '../hostKeyPolicy.js';
import type { HostKeyVerifier } from '../hostKeyVerifier.js';
import type { ResolvedHost } from '../resolvedHost.js';
import { SshError } from '../types.js';

/** One address of several gets this long before the next is tried beside it; Node's 250 ms fail on slow links. */
const addressAttemptMs = 3_000;

export interface HandshakeOptions {
  readonly ssh2: Ssh2;
  readonly host: ResolvedHost;
  readonly verifier: HostKeyVerifier;
  /** Asked of the server first; empty for the default order. */
  readonly preferredAlgorithms: readonly HostKeyAlgorithm[];
  readonly authentication: Authentication;
  readonly deadline: Deadline;
  readonly timeoutMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCountMax: number;
  readonly signal: AbortSignal;
}

/** A logged-in client and the socket under it. Nobody listens to them any more. */
export interface LoggedIn {
  readonly client: Client;
  readonly socket: Socket;
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
    const socket = connect({
      host: host.hostName,
      port: host.port,
      ...(host.addressFamily === 'any' ? {} : { family: host.addressFamily === 'inet' ? 4 : 6 }),
      autoSelectFamily: host.addressFamily === 'any',
      autoSelectFamilyAttemptTimeout: addressAttemptMs,
      noDelay: true,
    });
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
      setImmediate(() => socket.destroySoon());
      if (error.kind === 'cancelled' || socket.connecting) socket.destroy();
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
      fail(connectError(error, host));
    };
    const onceReady = (): void => {
      if (!settle()) return;
      client.removeListener('error', onError);
      resolve(onReady({ client, socket }));
    };
    client.on('error', onError);
    // Both stay: keys are exchanged, and checked, again later.
    client.once('end', onEnd);
    client.once('close', onEnd);
    client.once('ready', onceReady);

    const verify = (key: Buffer, done: (trusted: boolean) => void): void => {
      // A copy: ssh2 may use the packet's memory again.
      verifier.verify(Buffer.from(key)).then(
        () => {
          if (usable) done(true);
        },
        (error: unknown) => {
          fail(error instanceof SshError ? error : new SshError('hostKeyUnknown', messageOf(error)));
          if (usable) done(false);
        },
      );
    };

    const preferred = [...options.preferredAlgorithms];
    try {
      client.connect({
        sock: socket,
        username: host.user,
        hostVerifier: verify,
        authHandler: authentication.handler,
        // The deadline here stands still while a person is being asked, which ssh2's own does not.
        readyTimeout: 0,
        keepaliveInterval: options.keepaliveIntervalMs,
        keepaliveCountMax: options.keepaliveCountMax,
        ...(preferred.length === 0
          ? {}
          : { algorithms: { serverHostKey: { append: [], remove: preferred, prepend: preferred } } }),
      });
    } catch (error) {
      fail(connectError({ message: messageOf(error) }, host));
    }
  });
}
