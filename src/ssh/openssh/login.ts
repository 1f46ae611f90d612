import { watch as watchFolder } from 'node:fs';
import { Disposables } from '../../base/disposable.js';
import { cancelled, timedOut } from '../connectErrors.js';
import type { Deadline } from '../deadline.js';
import type { ResolvedHost } from '../resolvedHost.js';
import { SshError } from '../types.js';
import type { PrivateFolder } from './folder.js';
import type { SshProcess, SshProcessEnd } from './process.js';
import { loginError } from './sshErrors.js';

/** What ends an attempt to log in: time, the user, or an answer that nobody gives. */
export interface LoginLimits {
  readonly host: ResolvedHost;
  readonly jumpHosts: readonly ResolvedHost[];
  readonly deadline: Deadline;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Aborted with the `SshError` that says why. */
  readonly givenUp: AbortSignal;
}

/**
 * Waits until an ssh has logged in, which `watch` tells. `words` is what it has said. Rejects with an `SshError`, and then the
 * ssh has been ended.
 */
export function loggedIn(
  ssh: SshProcess,
  words: () => string,
  limits: LoginLimits,
  watch: (loggedIn: () => void) => { dispose(): void },
): Promise<void> {
  const { host, jumpHosts, deadline, timeoutMs, signal, givenUp } = limits;
  return new Promise((resolve, reject) => {
    const own = new Disposables();
    let over = false;
    const settle = (error: SshError | undefined): void => {
      if (over) return;
      over = true;
      own.dispose();
      if (error === undefined) {
        resolve();
        return;
      }
      ssh.dispose();
      reject(error);
    };
    const listen = (to: AbortSignal, why: () => SshError): void => {
      const onAbort = (): void => settle(why());
      to.addEventListener('abort', onAbort);
      own.add({ dispose: () => to.removeEventListener('abort', onAbort) });
      if (to.aborted) onAbort();
    };
    own.add(deadline);
    deadline.start(() => settle(timedOut(host, timeoutMs)));
    own.add(ssh.onEnd((end) => settle(failureOf(end, words(), host, jumpHosts))));
    own.add(watch(() => settle(undefined)));
    listen(givenUp, () => givenUp.reason as SshError);
    listen(signal, () => cancelled(host.destination));
  });
}

/** Calls `changed` now and whenever something in the folder has changed. */
export function onChange(folder: PrivateFolder, changed: () => void): { dispose(): void } {
  const watcher = watchFolder(folder.path, changed);
  // The folder goes away with the connection.
  watcher.on('error', () => undefined);
  changed();
  return { dispose: () => watcher.close() };
}

function failureOf(
  { exitCode, failure }: SshProcessEnd,
  words: string,
  host: ResolvedHost,
  jumpHosts: readonly ResolvedHost[],
): SshError {
  // What a shell says about a program that it does not find, or may not run.
  const missing = failure ?? (exitCode === 127 || exitCode === 126 ? words : undefined);
  return missing === undefined ? loginError(words, host, jumpHosts) : noSsh(missing, host);
}

function noSsh(why: string, host: ResolvedHost): SshError {
  return new SshError(
    'unreachable',
    `${host.destination} needs the system's own ssh, which can't be run: ${why.trim()}.`,
    'Install an OpenSSH client.',
  );
}
