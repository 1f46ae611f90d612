import { Emitter } from '../base/emitter.js';
import type { RawField } from '../virsh/jobInfo.js';
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

/** The one mutable form of a migration: the watcher writes it, everyone else reads it as `Migration`. */
export class TrackedMigration implements Migration {
  readonly id: string;
  readonly domainUuid: string;
  readonly domainName: string;
  readonly domainTitle: string | undefined;
  readonly source: string;
  readonly startedAtMs: number;

  private readonly sampleList: Sample[] = [];
  private readonly markList: Mark[] = [];
  private fieldList: readonly RawField[] = [];
  private current: MigrationState = {
    phase: 'setup',
    destination: undefined,
    outcome: undefined,
    interrupted: undefined,
    leftPausedOn: undefined,
    endedAtMs: undefined,
  };
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
    const iteration = this.boundaryAt(atMs, elapsedMs, sample.job.memoryIteration);
    if (iteration !== undefined) marks.push(iteration);
    this.markList.push(...marks);
    this.changes.fire({ samples: [sample], marks });
  }

  /** An iteration began, as an event tells it: earlier than the next sample would. */
  addIteration(atMs: number, iteration: number): void {
    const mark = this.boundaryAt(atMs, Math.max(0, atMs - this.startedAtMs), iteration);
    if (mark !== undefined) this.addMark(mark);
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
    this.sampleList.push(...samples);
    this.markList.push(...marks);
    this.fieldList = fields;
    this.current = state;
  }

  private phaseMark(phase: Phase, atMs: number): Mark {
    // The host's count and this machine's clock may differ by a little; a mark never precedes what was already seen.
    const elapsedMs = Math.max(atMs - this.startedAtMs, this.lastSample?.elapsedMs ?? 0);
    return { kind: 'phase', atMs, elapsedMs, phase };
  }

  private boundaryAt(atMs: number, elapsedMs: number, iteration: number | undefined): Mark | undefined {
    if (iteration === undefined || iteration < 1) return undefined;
    const last = this.markList.findLast((mark) => mark.kind === 'iteration');
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
    a.endedAtMs === b.endedAtMs
  );
}
