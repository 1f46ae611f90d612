import type { Event } from '../base/emitter.js';
import type { ConnectPrompts, RefusedHostKey } from '../ssh/types.js';
import type { VirshCommand } from '../virsh/command.js';
import type { DomainDescription, StateAndReason, VirshEvent } from '../virsh/domain.js';
import type { ShellScript } from '../virsh/script.js';
import type { Remedy } from './remedy.js';

/** One entry of the setting `libvirt.hosts`. */
export interface HostConfig {
  /** Unique in the tree. */
  readonly name: string;
  /** An ssh_config alias, `user@host[:port]`, or `ssh://user@host:port`. */
  readonly destination: string;
  /** libvirt's connection URI on the host. */
  readonly uri: string;
  /** How virsh is called there: `virsh`, `sudo virsh`, `docker exec -i nova_libvirt virsh`. */
  readonly virsh: string;
  readonly readOnly: boolean;
  readonly group: string | undefined;
}

export type HypervisorStatus =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | ReconnectingStatus
  | FailedStatus;

/** It was there, is not now, and is tried again without anybody's doing. */
export interface ReconnectingStatus {
  readonly kind: 'reconnecting';
  /** Why it was lost, or why the last try failed, one sentence. */
  readonly message: string;
  readonly advice: string | undefined;
  /** When it last answered. */
  readonly lastSeenAtMs: number;
  readonly nextTryAtMs: number;
}

export interface FailedStatus {
  readonly kind: 'failed';
  /** Why, one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string | undefined;
  /** What of that a button can do. */
  readonly remedy?: Remedy;
  /** Whether it may pass by itself, as a network that is gone does. */
  readonly mayPass?: boolean;
  /** Whether the user, asked, did not want it. */
  readonly byUser?: boolean;
  /** Where known_hosts disagrees with the key the host showed. */
  readonly hostKey?: RefusedHostKey;
}

/** A domain as the host describes it now. */
export interface Domain extends DomainDescription, StateAndReason {}

/** What this libvirt can do, asked of it, not of a version table. */
export interface Capabilities {
  /** `9.0.0`; undefined where it could not be read. */
  readonly libvirtVersion: string | undefined;
  readonly rawStats: boolean;
  readonly completedStats: boolean;
  readonly keepCompleted: boolean;
  readonly maxDowntimeReadable: boolean;
  readonly postcopy: boolean;
  /** The options of its `virsh migrate`, as its help names them: `--auto-converge`. */
  readonly migrateOptions: ReadonlySet<string>;
  /** Whether a post-copy migration can be interrupted (since 8.5.0). */
  readonly abortPostcopy: boolean;
  /** Whether post-copy has a speed of its own (since 5.1.0). */
  readonly postcopySpeed: boolean;
  /** Whether the cache of the XBZRLE compression can be set while it runs. */
  readonly compressionCache: boolean;
  readonly eventStream: boolean;
  /** Whether a running migration shows itself by events (since 1.3.2); if not, it is looked for more often. */
  readonly iterationEvents: boolean;
}

/** One host as a live model. */
export interface Hypervisor {
  readonly config: HostConfig;
  readonly status: HypervisorStatus;
  /** By UUID; kept, but stale, while the host is not connected. */
  readonly domains: ReadonlyMap<string, Domain>;
  /** Known once connected. */
  readonly capabilities: Capabilities | undefined;
  /** What makes less possible on it than usual, while it is connected: a sentence. */
  readonly notice?: string | undefined;
  /** Status, capabilities, notice, or the set or state of domains changed. */
  readonly onDidChange: Event<void>;
  /** Connects, or waits for the connect under way. Never rejects: `status` says how it went. Without prompts nothing is asked. */
  connect(prompts?: ConnectPrompts): Promise<void>;
  disconnect(): void;
  /** Reads the domains again. Rejects with a `UserError` when the host is not connected or refuses. */
  refresh(): Promise<void>;
  /** Runs a command on its lane. Rejects with a `UserError` naming the host, in libvirt's own words. */
  run<T>(command: VirshCommand<T>): Promise<T>;
  /** Runs what virsh can't do, by sh. Rejects with a `UserError` naming the host. Nothing is changed by it on a read-only host. */
  sh<T>(script: ShellScript<T>): Promise<T>;
}

/** What a host reported of one of its domains; `domain` is undefined for one whose name is not known (yet). */
export interface DomainEvent {
  readonly domain: Domain | undefined;
  readonly event: VirshEvent;
}

/** A hypervisor as those who watch it need it. */
export interface ObservedHypervisor extends Hypervisor {
  /** Events as they come: hints, each to be confirmed by asking. */
  readonly onEvent: Event<DomainEvent>;
  /** Time to look at what events may have missed. */
  readonly onNet: Event<void>;
}

/** The hosts of the tree, in the order of the setting. */
export interface Fleet {
  readonly hypervisors: readonly Hypervisor[];
  get(name: string): Hypervisor | undefined;
  /** A host was added, removed or changed in any way. */
  readonly onDidChange: Event<void>;
}
