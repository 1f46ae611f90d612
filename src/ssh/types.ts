import type { Event } from '../base/emitter.js';
import type { Disposable } from '../base/disposable.js';
import { UserError } from '../base/errors.js';

/** How one remote command ended. `exitCode` is undefined when the channel or the connection died first. */
export interface ChannelEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** One command running on a host, on one channel of its connection. Text is UTF-8, never cut inside a character. */
export interface ExecChannel extends Disposable {
  readonly onStdout: Event<string>;
  readonly onStderr: Event<string>;
  /** Fires exactly once, after the last output. */
  readonly onClose: Event<ChannelEnd>;
  write(text: string): void;
  /** Closes the command's standard input. */
  end(): void;
  /** Closes the channel at once. */
  dispose(): void;
}

/** One authenticated connection to a host; many commands run on it at once. */
export interface HostConnection extends Disposable {
  /** Where it leads, for people: `root@192.0.2.7:22`. */
  readonly address: string;
  /** Fires exactly once: with an error when the connection was lost, without one after `dispose`. */
  readonly onClose: Event<SshError | undefined>;
  /** Starts `command` through the login shell. Rejects with an `SshError` when no channel can be had. */
  exec(command: string): Promise<ExecChannel>;
}

/** A host key nobody has vouched for yet. */
export interface HostKeyQuestion {
  /** What the user typed: an alias or `user@host`. */
  readonly destination: string;
  readonly host: string;
  readonly port: number;
  /** `ssh-ed25519`, ... */
  readonly keyType: string;
  /** `SHA256:...`, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
  /** Types of other keys the host is already known by: then a new one is rare, and worth a warning. */
  readonly otherKnownTypes?: readonly string[];
}

/** Asks the user. Absent for connections the user did not start: nothing may prompt then, and what would need a prompt fails. */
export interface ConnectPrompts {
  /** Whether to trust the key from now on; it is then written to known_hosts. */
  confirmHostKey(question: HostKeyQuestion): Promise<boolean>;
  /**
   * The passphrase of an encrypted key file, or undefined to skip that key. It is used once and not kept. `attempt` counts
   * from 1; above that, the one before was wrong.
   */
  passphrase(keyFile: string, attempt?: number): Promise<string | undefined>;
}

export type SshErrorKind =
  | 'badDestination'
  | 'unresolved'
  | 'unreachable'
  | 'hostKeyUnknown'
  | 'hostKeyChanged'
  | 'hostKeyRevoked'
  | 'authentication'
  | 'channel'
  | 'lost'
  | 'cancelled';

/** Why a host can't be reached, in words for the tree: `message` one sentence, `advice` what to do next. */
export class SshError extends UserError {
  readonly kind: SshErrorKind;

  constructor(kind: SshErrorKind, message: string, advice?: string, options?: ErrorOptions) {
    super(message, advice, options);
    this.name = 'SshError';
    this.kind = kind;
  }
}

/** Opens connections. The one implementation here is ssh2's; the interface is what the rest of the house knows. */
export interface Connector {
  /**
   * Connects to `destination` (an ssh_config alias, `user@host[:port]`, or `ssh://user@host:port`).
   * Rejects with an `SshError`. Aborting `signal` gives up at once.
   */
  connect(destination: string, prompts: ConnectPrompts | undefined, signal: AbortSignal): Promise<HostConnection>;
}
