import type { Event } from '../base/emitter.js';
import type { JobInfo, RawField } from '../virsh/jobInfo.js';

/**
 * Where a migration is. `setup`: connections and devices, no byte of memory yet. `diskCopy`: storage first, memory waits.
 * `paused`: memory is copied while the guest stands still. `postcopy`: the guest runs on the destination and fetches what
 * is missing; there is no way back. `postcopyInterrupted`: it broke off in post-copy, or was broken off: the guest stands still,
 * half on each host, until its migration is resumed.
 */
export type Phase = 'setup' | 'diskCopy' | 'precopy' | 'paused' | 'postcopy' | 'postcopyInterrupted' | 'ended';

/** The figures of one reading, without the table's texts. */
export type JobFigures = Omit<JobInfo, 'fields'>;

/** What QEMU measured of a guest shortly before its migration, by samples of its pages. */
export interface MeasuredSpan {
  readonly seconds: number;
  /** Made dirty in so long: what was rewritten counts once. */
  readonly dirtiedBytes: number;
  /** How many virtual CPUs were busy meanwhile, on average; undefined where libvirt does not tell. */
  readonly vcpus?: number | undefined;
}

/** One reading of a running migration. */
export interface Sample {
  /** When the answer arrived, by this machine's clock. */
  readonly atMs: number;
  /** Since the migration's start, by the host's own count where it gives one. */
  readonly elapsedMs: number;
  readonly job: JobFigures;
  /** The limit in force, where this libvirt tells it (since 3.7.0). */
  readonly maxDowntimeMs: number | undefined;
  /** The bandwidth limit in force; absent where it was not told. */
  readonly speedLimitMiBps?: number | undefined;
  /** That of post-copy, which has one of its own; read only while it runs. */
  readonly postcopySpeedMiBps?: number | undefined;
  /** What QEMU held of its host's memory as the migration was first seen: what the guest has ever used, and QEMU's own. */
  readonly residentBytes?: number | undefined;
  /** Told with that: QEMU translates the guest's code, for which it needs much memory of its own. */
  readonly isEmulated?: boolean | undefined;
  /** The time that the guest's virtual CPUs have had, all of them together, since its QEMU began. */
  readonly vcpuMs?: number | undefined;
  /** The same of moments before the migration, at its first reading: since its start, so mostly negative, and the earliest first. */
  readonly earlierVcpus?: readonly (readonly [elapsedMs: number, vcpuMs: number])[] | undefined;
  /** What was measured of the guest before the migration; what was measured into its beginning is told at the first reading after that. */
  readonly measured?: readonly MeasuredSpan[] | undefined;
}

/** What of a running migration is set to a value: speeds in MiB/s, max downtime in ms. */
export type SteeredValue = 'speed' | 'postcopySpeed' | 'maxDowntime';

/** A value that is another now (speeds in MiB/s, max downtime in ms), or a guest that somebody paused. */
export type Change =
  | { readonly value: SteeredValue; readonly from: number; readonly to: number }
  | { readonly value: 'guest'; readonly to: 'paused' };

export type ActionKind =
  | 'setSpeed'
  | 'setPostcopySpeed'
  | 'setMaxDowntime'
  | 'setCompressionCache'
  | 'pause'
  | 'resume'
  | 'switchToPostcopy'
  | 'interruptPostcopy'
  | 'resumePostcopy'
  | 'abort';

/** One thing an operator can do to a migration; values in libvirt's units. */
export type Action =
  /** In post-copy it is taken for `setPostcopySpeed`: the other one has no effect any more. */
  | { readonly kind: 'setSpeed'; readonly speedMiBps: number }
  | { readonly kind: 'setPostcopySpeed'; readonly speedMiBps: number }
  /** The cache of the XBZRLE compression. */
  | { readonly kind: 'setCompressionCache'; readonly cacheMiB: number }
  /** The guest stops until its migration is resumed; it never goes back. */
  | { readonly kind: 'interruptPostcopy' }
  /** By which URI the source reaches the destination: that of the start, where it was started here; worked out where it is absent. */
  | { readonly kind: 'resumePostcopy'; readonly destinationUri?: string; readonly migrationUri?: string }
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
  /** Somebody else, or an orchestrator, changed a value. */
  | { readonly kind: 'change'; readonly atMs: number; readonly elapsedMs: number; readonly change: Change }
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
      /** The value that was in force before, where one was and it could be read: for taking the action back. */
      readonly before?: number;
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
  /** After the end: where the guest is, as both hosts tell it. Absent until they were asked, and in records of before. */
  readonly place?: GuestPlace | undefined;
}

/**
 * Whether the guest is in exactly one place after its migration, in the state it should be. `unknown`: a host can't tell, and
 * `text` says which, or somebody has stopped it. `wrong`: `text` and `advice` are for people, `short` for a row of a tree.
 */
export type GuestPlace =
  /** `note`: what is worth knowing all the same. */
  | { readonly kind: 'fine'; readonly on: string; readonly note?: string }
  | { readonly kind: 'unknown'; readonly text: string }
  | {
      readonly kind: 'wrong';
      readonly problem: PlaceProblem;
      readonly short: string;
      readonly text: string;
      readonly advice: string;
      /** Where resuming the guest would put it right, if it would. */
      readonly resumeOn: string | undefined;
    };

export type PlaceProblem =
  /** Runs on both hosts: its disks are being written twice. */
  | 'runsTwice'
  /** Runs on one host, and the other one still holds a paused copy of it. */
  | 'leftOver'
  | 'pausedTwice'
  /** Its migration ended in post-copy: neither half can run by itself. */
  | 'halfOnEach'
  | 'paused'
  | 'runsNowhere';

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
