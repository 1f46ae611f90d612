import { Disposables, type Disposable } from '../base/disposable.js';
import type { Forecast } from './forecast/forecast.js';
import { outlookFor } from './forecast/verdict.js';
import type { JournalFile } from './journalFile.js';
import type { Fact, JournalRecord } from './journalFormat.js';
import type { MigrationChange, Sample } from './model.js';
import type { TrackedMigration } from './trackedMigration.js';

/**
 * Readings, and iterations, that are kept all: an hour's at a second each. Of the next as many every second one, of twice as many
 * after them every fourth, and so on: the record of a migration that runs for a week is some times that of an hour.
 */
const keptWhole = 3600;

/** Whether the reading, or the iteration, of that number is kept. */
export function isKept(index: number): boolean {
  return index < keptWhole || index % 2 ** (Math.floor(Math.log2(index / keptWhole)) + 1) === 0;
}

/** Writes down what happens to one migration, in this window's file. */
export class Recorder implements Disposable {
  private readonly owned = new Disposables();
  private lastKept: Sample | undefined;
  private sampled = false;
  private filling = false;

  /** `isNew` where nothing of it is on disk. */
  constructor(
    private readonly migration: TrackedMigration,
    private readonly file: JournalFile,
    isNew: boolean,
  ) {
    this.lastKept = migration.lastSample;
    if (isNew) {
      this.add(migration);
      this.addState();
    }
    this.owned.add(migration.onDidChange((change) => this.add(change)));
    this.owned.add(migration.onDidChangeState(() => this.addState()));
  }

  /** Whether this window has read any figures of it. */
  get hasSampled(): boolean {
    return this.sampled;
  }

  /** Gives the migration its history, which is on disk already. */
  fill({ samples, marks, fields }: JournalRecord): void {
    this.filling = true;
    try {
      this.migration.fill(samples, marks, fields);
      this.lastKept ??= this.migration.lastSample;
    } finally {
      this.filling = false;
    }
  }

  /** Its file is about to be removed: nothing more may make it again. */
  abandon(): void {
    this.dispose();
    this.file.abandon();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private add({ samples, marks }: MigrationChange): void {
    if (this.filling) return;
    const first = this.migration.samples.length - samples.length;
    const kept = samples.filter((_, index) => isKept(first + index));
    this.lastKept = kept.at(-1) ?? this.lastKept;
    this.sampled ||= samples.length > 0;
    this.file.add([
      ...kept.map((sample) => this.factOf(sample, this.foretoldBy(sample))),
      ...marks
        .filter((mark) => mark.kind !== 'iteration' || isKept(mark.iteration))
        .map((mark): Fact => ({ kind: 'mark', mark })),
    ]);
  }

  private addState(): void {
    if (this.filling) return;
    const { state, lastSample } = this.migration;
    const facts: Fact[] = [{ kind: 'state', state }];
    // Of one that is over, the last figures are looked at: they are kept, whatever their number.
    if (state.outcome !== undefined && lastSample !== undefined && lastSample !== this.lastKept) {
      facts.unshift(this.factOf(lastSample));
      this.lastKept = lastSample;
    }
    this.file.add(facts);
  }

  private factOf(sample: Sample, said?: Forecast): Fact {
    return { kind: 'sample', sample, fields: this.migration.fields, ...(said === undefined ? {} : { said }) };
  }

  /** What is foretold now, where this is what it is foretold by. Whoever shows the migration has worked it out as well. */
  private foretoldBy(sample: Sample): Forecast | undefined {
    if (sample !== this.migration.lastSample || !this.migration.running) return undefined;
    const outlook = outlookFor(this.migration);
    return outlook?.asItIs;
  }
}
