import type { Event } from '../base/emitter.js';
import type { JobInfo, RawField } from '../virsh/jobInfo.js';

/**
 * Where a migration is. `setup`: connections and devices, no byte of memory yet. `diskCopy`: storage first, memory waits.
 * `paused`: memory is copied while the guest stands still. `postcopy`: the guest runs on the destination and fetches what
 * is missing; there is no way back.
 */
export type Phase = 'setup' | 'diskCopy' | 'precopy' | 'paused' | 'postcopy' | 'ended';

/** The figures of one reading, without the table's texts. */
export type JobFigures = Omit<JobInfo, 'fields'>;

/** One reading of a running migration. */
export interface Sample {
  /** When the answer arrived, by this machine's clock. */
  readonly atMs: number;
  /** Since the migration's start, by the host's own count where it gives one. */
  readonly elapsedMs: number;
  readonly job: JobFigures;
  /** The limit in force, where this libvirt tells it (since 3.7.0). */
  readonly maxDowntimeMs: number | undefined;
}

export type ActionKind = 'setSpeed' | 'setMaxDowntime' | 'pause' | 'resume' | 'switchToPostcopy' | 'abort';

/** One thing an operator can do to a migration; values in libvirt's units. */
export type Action =
  | { readonly kind: 'setSpeed'; readonly speedMiBps: number }
  | { readonly kind: 'setMaxDowntime'; readonly downtimeMs: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'switchToPostcopy' }
  | { readonly kind: 'abort' };

/** What happened on the way, in the order it happened. */
export type Mark =
  | { readonly kind: 'iteration'; readonly atMs: number; readonly elapsedMs: number; readonly iteration: number }
  | { readonly kind: 'phase'; readonly atMs: number; readonly elapsedMs: number; readonly phase: Phase }
  | { readonly kind: 'gap'; readonly atMs: number; readonly elapsedMs: number; readonly untilMs: number }
  | {
      readonly kind: 'action';
      readonly atMs: number;
      readonly elapsedMs: number;
      readonly action: ActionKind;
      /** `Max downtime 12 000 ms`. */
      readonly label: string;
      readonly virshLine: string;
      /** What virsh answered: the value read back, or its refusal. */
      readonly answer: string;
      readonly failed: boolean;
    };

/** What a finished migration really took. A figure that no source gave is undefined. */
export interface MigrationResult {
  readonly totalTimeMs: number | undefined;
  readonly downtimeMs: number | undefined;
  readonly transferredBytes: number | undefined;
  readonly iterations: number | undefined;
}

export type Outcome =
  | { readonly kind: 'completed'; readonly result: MigrationResult }
  /** libvirt said it failed, and why. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Cancelled, known from this extension's own abort or from libvirt's job type. */
  | { readonly kind: 'aborted' }
  /** It ended and the guest is still on the source. From someone else's migration nobody can tell failed from aborted. */
  | { readonly kind: 'endedWithoutCompleting' }
  /** Nobody watched the end, and neither host tells how it ended. */
  | { readonly kind: 'lost'; readonly reason: string };

/** What is known of a migration apart from its history. */
export interface MigrationState {
  readonly phase: Phase;
  /** Name of the host in the tree it goes to; undefined while, or where, that is not known. */
  readonly destination: string | undefined;
  readonly outcome: Outcome | undefined;
  /** Why there are no fresh samples, while there are none: the host's connection is lost. */
  readonly interrupted: string | undefined;
  /** After the end: the host on which the guest was left paused, if it was. */
  readonly leftPausedOn: string | undefined;
  readonly endedAtMs: number | undefined;
}

/** What changed, for those who send on only changes. */
export interface MigrationChange {
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
}

/** One migration between two hosts, seen from its source. */
export interface Migration {
  /** Unique and stable over reloads. */
  readonly id: string;
  readonly domainUuid: string;
  readonly domainName: string;
  readonly domainTitle: string | undefined;
  /** Name of the source host in the tree. */
  readonly source: string;
  /** By this machine's clock, worked out from the host's elapsed time at the first sight. */
  readonly startedAtMs: number;
  readonly state: MigrationState;
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
  /** The last reading as printed. */
  readonly fields: readonly RawField[];
  readonly onDidChange: Event<MigrationChange>;
}

/** All migrations known: running ones first, then the recent past, newest first. */
export interface Migrations {
  readonly all: readonly Migration[];
  get(id: string): Migration | undefined;
  /** The running migration of a domain whose source is `host`, or whose destination is. */
  running(host: string, domainUuid: string): Migration | undefined;
  /** A migration appeared, changed its state, or left the list. Not fired for samples alone. */
  readonly onDidChange: Event<void>;
  /** A migration was seen for the first time. */
  readonly onDidStart: Event<Migration>;
  /** A migration ended, its outcome and `leftPausedOn` settled. */
  readonly onDidEnd: Event<Migration>;
}
