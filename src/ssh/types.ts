import type { Event } from '../base/emitter.js';
import type { Disposable } from '../base/disposable.js';
import { UserError } from '../base/errors.js';
import type { Credentials } from './credentials.js';
import type { Destination } from './destination.js';
import type { Hop } from './hops.js';
import type { ResolvedHost } from './resolvedHost.js';

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
  readonly transport: TransportName;
  /**
   * Starts `command` through the login shell. Rejects with an `SshError` when no channel can be had: of kind `channelRefused`
   * where the server opens no further one beside those that are open (MaxSessions).
   */
  exec(command: string): Promise<ExecChannel>;
  /**
   * Asks the other side at once whether it is still there, without waiting for the next keepalive: after a wake from sleep
   * or a change of networks. A side that does not answer within `limitMs` is lost, and `onClose` fires.
   */
  probe(limitMs: number): void;
}

/** `ssh2`: in this process, by the library of that name. `openssh`: by the system's own ssh. */
export type TransportName = 'ssh2' | 'openssh';

/** A host key nobody has vouched for yet. */
export interface HostKeyQuestion {
  /** What the user typed: an alias or `user@host`. */
  readonly destination: string;
  readonly host: string;
  /** Where that name led, where it is known: behind a jump host or a command it is not. */
  readonly address?: string | undefined;
  readonly port: number;
  /** `ssh-ed25519`, ... */
  readonly keyType: string;
  /** `SHA256:...`, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
  /** Types of other keys the host is already known by: then a new one is rare, and worth a warning. */
  readonly otherKnownTypes?: readonly string[];
}

/** A login by password. */
export interface PasswordQuestion {
  /** What the user typed for the host; a jump host's is its own. */
  readonly destination: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

/** What a server asks by keyboard-interactive: one-time codes, a second factor, often just the password. */
export interface ChallengeQuestion extends PasswordQuestion {
  /** The server's own words, often empty. */
  readonly name: string;
  readonly instruction: string;
  /** `echo`: whether what is typed may be seen. */
  readonly prompts: readonly { readonly text: string; readonly echo: boolean }[];
}

/** What the user typed; `keep`: whether the editor is to remember it in its secret storage. */
export interface SecretAnswer {
  readonly secret: string;
  readonly keep: boolean;
}

/** Asks the user. Absent for connections the user did not start: nothing may prompt then, and what would need a prompt fails. */
export interface ConnectPrompts {
  /** Whether to trust the key from now on; it is then written to known_hosts. */
  confirmHostKey(question: HostKeyQuestion): Promise<boolean>;
  /** The passphrase of an encrypted key file, or undefined to skip that key. `attempt` counts from 1; above that, the one before was wrong. */
  passphrase(keyFile: string, attempt: number): Promise<SecretAnswer | undefined>;
  /** A password, or undefined to give up. */
  password(question: PasswordQuestion, attempt: number): Promise<SecretAnswer | undefined>;
  /** An answer to each prompt, or undefined to give up. Never kept: the next code is another one. */
  challenge(question: ChallengeQuestion): Promise<readonly string[] | undefined>;
  /** Tells, until `over` is aborted, that the login at `destination` waits for a security key to be touched. */
  touch?(destination: string, over: AbortSignal): void;
}

export type SshErrorKind =
  | 'badDestination'
  | 'unresolved'
  | 'unreachable'
  | 'hostKeyUnknown'
  | 'hostKeyChanged'
  | 'hostKeyRevoked'
  /** Vouched for by a certificate authority only, which the transport can't check. */
  | 'hostKeyUnverifiable'
  | 'authentication'
  | 'channel'
  /** The server opens no further channel on this connection beside those that are open. */
  | 'channelRefused'
  | 'lost'
  | 'cancelled';

export interface SshErrorOptions extends ErrorOptions {
  /** Why the system's own ssh may do what this transport can't: a sentence for the log. */
  readonly opensshMay?: string;
  /** Of a host key that is not trusted. */
  readonly hostKey?: RefusedHostKey;
  /** The user, asked, did not want it: who said no need not be told so. */
  readonly byUser?: boolean;
}

/** A host key that disagrees with known_hosts, and where. */
export interface RefusedHostKey {
  /** As known_hosts names the host: `[hv1]:2222`. */
  readonly name: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Why a host can't be reached, in words for the tree: `message` one sentence, `advice` what to do next. */
export class SshError extends UserError {
  readonly kind: SshErrorKind;
  readonly opensshMay: string | undefined;
  readonly hostKey: RefusedHostKey | undefined;
  readonly byUser: boolean;

  constructor(kind: SshErrorKind, message: string, advice?: string, options: SshErrorOptions = {}) {
    super(message, advice, options);
    this.name = 'SshError';
    this.kind = kind;
    this.opensshMay = options.opensshMay;
    this.hostKey = options.hostKey;
    this.byUser = options.byUser ?? false;
  }
}

/**
 * Whether the way to a host failed, or what runs on it: it may work again by itself. What the user alone can settle (a key, a
 * secret, a setting) is no such failure.
 */
export function isOfTheWay({ kind }: SshError): boolean {
  switch (kind) {
    case 'unreachable':
    case 'unresolved':
    case 'lost':
    case 'channel':
    case 'channelRefused':
      return true;
    case 'badDestination':
    case 'hostKeyUnknown':
    case 'hostKeyChanged':
    case 'hostKeyRevoked':
    case 'hostKeyUnverifiable':
    case 'authentication':
    case 'cancelled':
      return false;
  }
}

/** Opens connections, by whichever transport fits the host. */
export interface Connector {
  /**
   * Connects to `destination` (an ssh_config alias, `user@host[:port]`, or `ssh://user@host:port`).
   * Rejects with an `SshError`. Aborting `signal` gives up at once.
   */
  connect(destination: string, prompts: ConnectPrompts | undefined, signal: AbortSignal): Promise<HostConnection>;
}

/** One way to a host whose configuration has been read. */
export interface Transport {
  readonly name: TransportName;
  /** Rejects with an `SshError`. What it rejects with `opensshMay` is tried by the system's ssh where that is allowed. */
  connect(request: ConnectRequest): Promise<HostConnection>;
}

export interface ConnectRequest {
  readonly destination: Destination;
  readonly host: ResolvedHost;
  /** The hosts to go through, the first to connect to first. */
  readonly jumpHosts: readonly Hop[];
  readonly prompts: ConnectPrompts | undefined;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}
