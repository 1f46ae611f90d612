import type { Event } from '../../base/emitter.js';

/** How the guest's disks get there: it sees the same ones from both hosts, or they are copied (whole, or what differs from their base). */
export type StorageMode = 'shared' | 'copyAll' | 'copyIncremental';
export type CompressionMethod = 'xbzrle' | 'mt' | 'zlib' | 'zstd';
/** What virsh does by itself when a migration has lasted its time-out. */
export type TimeoutAction = 'suspend' | 'postcopy';

/** What a migration is started with. Whole numbers in the unit of their name; absent is libvirt's own default. */
export interface MigrationOptions {
  /** The guest runs on while it is copied. */
  readonly live: boolean;
  /** libvirtd's own migration, which outlives its virsh and the connection. */
  readonly p2p: boolean;
  /** The destination keeps the domain defined. */
  readonly persistent: boolean;
  /** The source forgets it. */
  readonly undefineSource: boolean;
  readonly autoConverge: boolean;
  readonly autoConvergeInitialPercent?: number;
  readonly autoConvergeIncrementPercent?: number;
  /** Allows a switch to post-copy; does not begin one. */
  readonly postcopy: boolean;
  readonly postcopyBandwidthMiBps?: number;
  /** Goes on with a post-copy that was interrupted, instead of beginning anew (`--postcopy-resume`, since 8.5.0). */
  readonly postcopyResume?: boolean;
  readonly compressionMethods: readonly CompressionMethod[];
  readonly xbzrleCacheMiB?: number;
  readonly parallelConnections?: number;
  readonly bandwidthMiBps?: number;
  readonly storage: StorageMode;
  readonly tls: boolean;
  readonly zeroCopy: boolean;
  readonly timeoutSeconds?: number;
  readonly timeoutAction?: TimeoutAction;
}

/** One migration to start. */
export interface MigrationRequest {
  /** The source's name in the tree. */
  readonly source: string;
  readonly domainUuid: string;
  /** The destination's name in the tree; undefined for one that is only a URI. */
  readonly destination: string | undefined;
  /** libvirt's URI of the destination, by which the source's libvirtd reaches it: `qemu+ssh://hv2/system`. */
  readonly destinationUri: string;
  /** Where memory is sent, `tcp://192.0.2.7`; undefined lets libvirt choose. */
  readonly migrationUri: string | undefined;
  readonly options: MigrationOptions;
}

/** How a start stands. `running`: its virsh runs on the source. `unknown`: nobody can tell, and `text` says why. */
export type StartState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded'; readonly endedAtMs: number }
  /** `text`: virsh's own words. Not always the end of its migration: see `isPostcopyInterrupted`. */
  | { readonly kind: 'failed'; readonly endedAtMs: number; readonly text: string }
  | { readonly kind: 'unknown'; readonly endedAtMs: number; readonly text: string };

/** A migration that was started here. Kept in the extension's storage until its outcome is known and has been told. */
export interface StartedMigration {
  /** Unique over windows and reloads. */
  readonly id: string;
  readonly request: MigrationRequest;
  readonly domainName: string;
  /** The guest was paused when it was started: then it should be afterwards. Absent in records of before. */
  readonly pausedBefore?: boolean;
  /** The exact line that virsh was given. */
  readonly line: string;
  readonly startedAtMs: number;
  readonly state: StartState;
}

/** Starts migrations so that they outlive the editor, and finds out how they went. */
export interface MigrationStarter {
  /** The exact line of virsh that `request` becomes: what is shown before it runs. Throws a `UserError` for what can't be sent. */
  lineOf(request: MigrationRequest): string;
  /**
   * Starts it, detached from this connection. Resolves once virsh runs on the source, or has ended well already; rejects with a
   * `UserError`, in libvirt's words, for what was refused before or at once. Never starts one twice.
   */
  start(request: MigrationRequest): Promise<StartedMigration>;
  /** Those under way and those whose end was found out in this window, newest first. */
  readonly all: readonly StartedMigration[];
  readonly onDidChange: Event<void>;
  /** The end of one was found out, in this window or after an earlier one was closed. */
  readonly onDidEnd: Event<StartedMigration>;
  /** Resolves once its end is known; at once where it is. */
  whenEnded(id: string): Promise<StartedMigration>;
}
