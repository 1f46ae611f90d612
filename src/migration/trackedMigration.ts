import { isDeepStrictEqual } from 'node:util';
import { Emitter } from '../base/emitter.js';
import type { RawField } from '../virsh/jobInfo.js';
import { changesBetween, mayBeReset, OwnValues } from './changes.js';
import { HeldChanges } from './heldChanges.js';
import { PauseWatch } from './pauses.js';
import type { Mark, Migration, MigrationChange, MigrationState, Phase, Sample } from './model.js';

/** What never changes about a migration: the first line of its journal. */
export interface MigrationIdentity {
  readonly id: string;
  readonly domainUuid: string;
  readonly domainName: string;
  readonly domainTitle: string | undefined;
  readonly source: string;
  readonly startedAtMs: number;
}

/** How many times the usual distance two samples must be apart for the stretch between them to count as not watched. */
const gapFactor = 3;
/** Shorter than this is no gap at any interval: a busy host is late by as much. */
const minGapMs = 3000;

/** An iteration that an event told of, and how many readings have not confirmed it. */
interface ToldIteration {
  readonly atMs: number;
  readonly readings: number;
}

/** A reading may have been under way when the event came: the one after it at the latest knows of the iteration. */
const readingsToConfirm = 2;

/** The one mutable form of a migration: the watcher writes it, everyone else reads it as `Migration`. */
export class TrackedMigration implements Migration {
  readonly id: string;
  readonly domainUuid: string;
  readonly domainName: string;
  readonly domainTitle: string | undefined;
  readonly source: string;
  readonly startedAtMs: number;

  /** What is set from here, told by whoever sets it. */
  readonly ownValues = new OwnValues();
  readonly pauses = new PauseWatch();

  private sampleList: Sample[] = [];
  private markList: Mark[] = [];
  private fieldList: readonly RawField[] = [];
  private toldIterations = new Map<number, ToldIteration>();
  private readonly held = new HeldChanges();
  /** It has gone over to post-copy since the last reading. */
  private switched = false;
  private current: MigrationState = {
    phase: 'setup',
    destination: undefined,
    outcome: undefined,
    interrupted: undefined,
    leftPausedOn: undefined,
    endedAtMs: undefined,
  };
  /** The phase of the last reading. */
  private readIn: Phase | undefined;
  private readonly changes = new Emitter<MigrationChange>();
  private readonly stateChanges = new Emitter<void>();

  readonly onDidChange = this.changes.event;
  /** Only the state: what trees show. */
  readonly onDidChangeState = this.stateChanges.event;

  constructor(identity: MigrationIdentity) {
    this.id = identity.id;
    this.domainUuid = identity.domainUuid;
    this.domainName = identity.domainName;
    this.domainTitle = identity.domainTitle;
    this.source = identity.source;
    this.startedAtMs = identity.startedAtMs;
  }

  get identity(): MigrationIdentity {
    const { id, domainUuid, domainName, domainTitle, source, startedAtMs } = this;
    return { id, domainUuid, domainName, domainTitle, source, startedAtMs };
  }

  get samples(): readonly Sample[] {
    return this.sampleList;
  }

  get marks(): readonly Mark[] {
    return this.markList;
  }

  get fields(): readonly RawField[] {
    return this.fieldList;
  }

  get state(): MigrationState {
    return this.current;
  }

  get running(): boolean {
    return this.current.outcome === undefined;
  }

  get lastSample(): Sample | undefined {
    return this.sampleList.at(-1);
  }

  /**
   * Appends a reading and what follows from it: a gap where nobody watched since the one before, and the boundary where
   * its iteration is a new one. `sampleIntervalMs` is the distance readings should have.
   */
  addSample(sample: Sample, fields: readonly RawField[], sampleIntervalMs: number): void {
    const marks: Mark[] = [];
    const { atMs, elapsedMs } = sample;
    const before = this.lastSample;
    if (before !== undefined && elapsedMs - before.elapsedMs > Math.max(minGapMs, gapFactor * sampleIntervalMs)) {
      marks.push({ kind: 'gap', atMs, elapsedMs: before.elapsedMs, untilMs: elapsedMs });
    }
    this.sampleList.push(sample);
    this.fieldList = fields;
    marks.push(...this.confirmed(sample.job.memoryIteration));
    const iteration = this.boundaryAt(atMs, elapsedMs, sample.job.memoryIteration, marks);
    if (iteration !== undefined) marks.push(iteration);
    // While it is set up, libvirt itself puts in force what the migration was started with.
    if (before !== undefined && this.readIn !== 'setup' && this.current.phase !== 'setup') {
      const found = changesBetween(before, sample, this.ownValues).map((change) => ({
        kind: 'change' as const,
        atMs,
        elapsedMs,
        change,
      }));
      const mayBeEnd = ({ change }: (typeof found)[number]): boolean => mayBeReset(change, this.current.phase);
      if (this.switched) this.held.clear();
      const steered = found.filter((mark) => !mayBeEnd(mark));
      marks.push(...this.held.release(sample, steered.length > 0), ...steered);
      this.held.hold(found.filter(mayBeEnd));
      this.switched = false;
    }
    this.readIn = this.current.phase;
    this.ownValues.age();
    if (this.pauses.see(this.current.phase, sample)) {
      marks.push({ kind: 'change', atMs, elapsedMs, change: { value: 'guest', to: 'paused' } });
    }
    this.markList.push(...marks);
    this.changes.fire({ samples: [sample], marks });
  }

  /**
   * An iteration began, as an event tells it: nearer to the moment than the next reading would be. It may be forged, so it
   * becomes a mark only when a reading, or the record of the end, has got as far.
   */
  addIteration(atMs: number, iteration: number): void {
    this.toldIterations.set(iteration, { atMs, readings: 0 });
  }

  /** The record of the end has counted `iterations`: the last of them may have been too short for a reading. */
  confirmIterations(iterations: number | undefined): void {
    for (const mark of this.confirmed(iterations)) this.addMark(mark);
  }

  addMark(mark: Mark): void {
    this.markList.push(mark);
    this.changes.fire({ samples: [], marks: [mark] });
  }

  /** Changes the state; a new phase leaves its mark. Nothing is fired when nothing changed. */
  update(change: Partial<MigrationState>, atMs: number): void {
    const next = { ...this.current, ...change };
    if (sameState(next, this.current)) return;
    const newPhase = next.phase !== this.current.phase;
    this.switched ||= newPhase && next.phase === 'postcopy';
    this.current = next;
    if (newPhase) this.addMark(this.phaseMark(next.phase, atMs));
    else this.changes.fire({ samples: [], marks: [] });
    this.stateChanges.fire();
  }

  /** Takes over what a journal kept. For one that was just constructed. */
  restore(
    samples: readonly Sample[],
    marks: readonly Mark[],
    fields: readonly RawField[],
    state: MigrationState,
  ): void {
    this.prepend(samples, marks, fields);
    this.current = state;
    this.readIn = state.phase;
    if (state.phase === 'precopy') this.pauses.ranBefore();
  }

  /** The history of one that ended before this window: it is read later than its state, which is all that lists show. */
  fill(samples: readonly Sample[], marks: readonly Mark[], fields: readonly RawField[]): void {
    this.prepend(samples, marks, fields);
    this.changes.fire({ samples, marks });
    this.stateChanges.fire();
  }

  private prepend(samples: readonly Sample[], marks: readonly Mark[], fields: readonly RawField[]): void {
    this.sampleList = [...samples, ...this.sampleList];
    this.markList = [...marks, ...this.markList];
    this.fieldList = fields;
  }

  private phaseMark(phase: Phase, atMs: number): Mark {
    // The host's count and this machine's clock may differ by a little; a mark never precedes what was already seen.
    const elapsedMs = Math.max(atMs - this.startedAtMs, this.lastSample?.elapsedMs ?? 0);
    return { kind: 'phase', atMs, elapsedMs, phase };
  }

  /** The boundaries of iterations up to `reached` that events told of; what no reading confirms is given up. */
  private confirmed(reached: number | undefined): Mark[] {
    const marks: Mark[] = [];
    const waiting = new Map<number, ToldIteration>();
    for (const [iteration, { atMs, readings }] of [...this.toldIterations].sort(([a], [b]) => a - b)) {
      if (reached !== undefined && iteration <= reached) {
        const mark = this.boundaryAt(atMs, Math.max(0, atMs - this.startedAtMs), iteration, marks);
        if (mark !== undefined) marks.push(mark);
      } else if (readings + 1 < readingsToConfirm) waiting.set(iteration, { atMs, readings: readings + 1 });
    }
    this.toldIterations = waiting;
    return marks;
  }

  private boundaryAt(
    atMs: number,
    elapsedMs: number,
    iteration: number | undefined,
    newer: readonly Mark[],
  ): Mark | undefined {
    if (iteration === undefined || iteration < 1) return undefined;
    const isBoundary = (mark: Mark): mark is Extract<Mark, { kind: 'iteration' }> => mark.kind === 'iteration';
    const last = newer.findLast(isBoundary) ?? this.markList.findLast(isBoundary);
    return last !== undefined && last.iteration >= iteration
      ? undefined
      : { kind: 'iteration', atMs, elapsedMs, iteration };
  }
}

function sameState(a: MigrationState, b: MigrationState): boolean {
  return (
    a.phase === b.phase &&
    a.destination === b.destination &&
    a.outcome === b.outcome &&
    a.interrupted === b.interrupted &&
    a.leftPausedOn === b.leftPausedOn &&
    a.endedAtMs === b.endedAtMs &&
    isDeepStrictEqual(a.place, b.place)
  );
}
