import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../../src/migration/journal.js';
import { outlookFor } from '../../../src/migration/forecast/verdict.js';
import { readRecord } from '../../../src/migration/journalFormat.js';
import type { MigrationState, Outcome } from '../../../src/migration/model.js';
import { isKept } from '../../../src/migration/recorder.js';
import { Archive } from '../../../src/migration/past/archive.js';
import { MigrationRegistry } from '../../../src/migration/registry.js';
import { TrackedMigration } from '../../../src/migration/trackedMigration.js';
import { parseJobInfo } from '../../../src/virsh/parseJobInfo.js';
import { uuid } from '../scriptedHypervisor.js';
import { MemoryStorage } from '../../memoryStorage.js';

const startedAtMs = 1_700_000_000_000;
const mib = 1024 * 1024;
const completed: Outcome = {
  kind: 'completed',
  result: { totalTimeMs: 41_200, downtimeMs: 158, transferredBytes: 706_760_988, iterations: 7 },
};

function migrationOf(told: { readonly startedAtMs?: number; readonly source?: string } = {}): TrackedMigration {
  const start = told.startedAtMs ?? startedAtMs;
  return new TrackedMigration({
    id: `${uuid}-${start}`,
    domainUuid: uuid,
    domainName: 'web-1',
    domainTitle: undefined,
    source: told.source ?? 'hv1',
    startedAtMs: start,
  });
}

/** A reading as libvirt 9 prints it: what moves moves, the rest is what it was. */
function rawReading(elapsedMs: number, iteration = 1 + Math.floor(elapsedMs / 10_000)): string {
  const moving = 3_000_000_000 + elapsedMs * 20_971;
  return `Job type: 2\n\noperation: 5\ntime_elapsed: ${elapsedMs}\ntime_remaining: ${elapsedMs % 9973}\ndowntime: 10241\nsetup_time: 3\ndata_total: 554766336\ndata_processed: ${moving}\ndata_remaining: ${(elapsedMs * 37) % 209_715_200}\nmemory_total: ${529 * mib}\nmemory_processed: ${moving}\nmemory_remaining: ${(elapsedMs * 37) % 209_715_200}\nmemory_bps: ${20_971_520 + (elapsedMs % 4096)}\nmemory_constant: ${90_000 + (elapsedMs % 100)}\nmemory_normal: ${700_000 + elapsedMs}\nmemory_normal_bytes: ${(700_000 + elapsedMs) * 4096}\nmemory_dirty_rate: 5006\nmemory_iteration: ${iteration}\nmemory_postcopy_requests: 0\nmemory_page_size: 4096\ndisk_total: 0\ndisk_processed: 0\ndisk_remaining: 0\ndisk_bps: 0\ncompression_cache: 67108864\ncompression_bytes: 0\ncompression_pages: 0\ncompression_cache_misses: 0\ncompression_overflow: 0\nnew_in_libvirt_12: some text\n\n`;
}

function sample(migration: TrackedMigration, elapsedMs: number, iteration?: number): void {
  const { fields, ...job } = parseJobInfo(rawReading(elapsedMs, iteration));
  const atMs = startedAtMs + elapsedMs;
  migration.addSample({ atMs, elapsedMs, job, maxDowntimeMs: 300, speedLimitMiBps: 20 }, fields, 1000);
}

/** One window of the editor: its migrations, and the journal that it keeps in a folder that others use as well. */
class Window {
  readonly registry = new MigrationRegistry();
  readonly errors: string[] = [];
  readonly journal: Journal;

  constructor(storage: MemoryStorage, archived: MemoryStorage) {
    const log = {
      virsh: () => undefined,
      info: () => undefined,
      error: (_: unknown, text: string) => this.errors.push(text),
    };
    this.journal = new Journal(storage, log, this.registry, new Archive(archived, log));
  }

  static async open(storage: MemoryStorage, archived: MemoryStorage): Promise<Window> {
    const window = new Window(storage, archived);
    await window.journal.open();
    await window.journal.filled;
    return window;
  }

  get only(): TrackedMigration {
    const [one, ...more] = this.registry.all;
    const migration = one && this.registry.get(one.id);
    if (migration === undefined || more.length > 0) throw new Error(`${this.registry.all.length} migrations`);
    return migration;
  }

  start(migration = migrationOf()): TrackedMigration {
    migration.update({ phase: 'precopy' }, startedAtMs);
    this.registry.start(migration);
    return migration;
  }

  end(migration: TrackedMigration, state: Partial<MigrationState> & { readonly outcome: Outcome }): void {
    const endedAtMs = migration.lastSample?.atMs ?? migration.startedAtMs + 1000;
    migration.update({ phase: 'ended', endedAtMs, ...state }, endedAtMs);
    this.registry.finish(migration);
  }
}

const elapsedOf = ({ samples }: TrackedMigration): number[] => samples.map(({ elapsedMs }) => elapsedMs);
/** What has been asked of the storage is done. */
const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
};

describe('the journal', () => {
  let storage: MemoryStorage;
  let archived: MemoryStorage;
  const windows: Window[] = [];
  const open = async (): Promise<Window> => {
    const window = await Window.open(storage, archived);
    windows.push(window);
    return window;
  };

  beforeEach(() => {
    storage = new MemoryStorage();
    archived = new MemoryStorage();
  });
  afterEach(() => {
    for (const { journal } of windows.splice(0)) journal.dispose();
    vi.useRealTimers();
  });

  describe('of one window', () => {
    it('brings everything back after a reload: samples, marks, the last fields and the state', async () => {
      const first = await open();
      const migration = first.start();
      for (let elapsedMs = 1000; elapsedMs <= 25_000; elapsedMs += 1000) sample(migration, elapsedMs);
      migration.update({ destination: 'hv2', phase: 'paused' }, startedAtMs + 25_500);
      await settled();
      first.journal.dispose();
      const { only } = await open();
      expect(only.identity).toEqual(migration.identity);
      expect(only.samples).toEqual(migration.samples);
      expect(only.marks).toEqual(migration.marks);
      expect(only.fields).toEqual(migration.fields);
      expect(only.state).toEqual(migration.state);
    });

    it('keeps what was foretold at each reading, and each reading as it was printed', async () => {
      const first = await open();
      const migration = first.start();
      for (let elapsedMs = 1000; elapsedMs <= 25_000; elapsedMs += 1000) sample(migration, elapsedMs);
      const said = outlookFor(migration)?.asItIs;
      first.end(migration, { outcome: completed });
      await settled();
      const record = await first.journal.read(migration.id);
      expect(record?.samples).toEqual(migration.samples);
      const readings = (record?.samples ?? []).map((one) => record?.readings?.get(one));
      expect(readings.every((one) => one?.said !== undefined)).toBe(true);
      expect(readings.at(-1)?.said?.kind).toBe(said?.kind);
      const tenth = readings[9]?.fields.find(({ name }) => name === 'time_elapsed');
      expect(tenth?.value).toBe('10000');
    });

    it('still reads the files of the first version, which had a whole sample a line', async () => {
      const { fields, ...job } = parseJobInfo(rawReading(1000));
      const migration = migrationOf();
      const lines = [
        { type: 'start', version: 1, identity: migration.identity },
        { type: 'sample', sample: { atMs: startedAtMs + 1000, elapsedMs: 1000, job, maxDowntimeMs: 300 }, fields },
        { type: 'mark', mark: { kind: 'iteration', atMs: startedAtMs + 1000, elapsedMs: 1000, iteration: 1 } },
        { type: 'state', state: { ...migration.state, phase: 'precopy' } },
      ];
      storage.files.set(`${migration.id}.jsonl`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const { only } = await open();
      expect(elapsedOf(only)).toEqual([1000]);
      expect(only.samples[0]?.job.memoryTotalBytes).toBe(529 * mib);
      expect(only.fields).toEqual(fields);
      expect(only.state.phase).toBe('precopy');
    });

    it('loses only the line that a crash cut off', async () => {
      const first = await open();
      const migration = first.start();
      for (let elapsedMs = 1000; elapsedMs <= 5000; elapsedMs += 1000) sample(migration, elapsedMs);
      await settled();
      first.journal.dispose();
      const [[file, text] = ['', '']] = storage.files;
      storage.files.set(file, text.slice(0, -40));
      const second = await open();
      expect(elapsedOf(second.only)).toEqual([1000, 2000, 3000, 4000]);
      // What comes next is not glued to the fragment.
      for (let elapsedMs = 6000; elapsedMs <= 8000; elapsedMs += 1000) sample(second.only, elapsedMs);
      await settled();
      second.journal.dispose();
      expect(elapsedOf((await open()).only)).toEqual([1000, 2000, 3000, 4000, 6000, 7000, 8000]);
    });

    it.each([0, 1, 60, 400])('loses nothing to a disk that was full after %i characters', async (failAfter) => {
      const first = await open();
      const migration = first.start();
      sample(migration, 1000);
      await settled();
      storage.failAfter = failAfter;
      for (let elapsedMs = 2000; elapsedMs <= 6000; elapsedMs += 1000) {
        sample(migration, elapsedMs);
        await settled();
      }
      expect(first.errors).toEqual([expect.stringMatching(/web-1's migration can't be written: no space left/)]);
      first.journal.dispose();
      const { only } = await open();
      expect(only.samples).toEqual(migration.samples);
      expect(only.marks).toEqual(migration.marks);
    });

    it('takes under 360 bytes a sample with what was foretold by it, a sixth of what a whole one took', async () => {
      const first = await open();
      const migration = first.start();
      for (let second = 1; second <= 3600; second += 1) sample(migration, second * 1000 + (second % 7));
      await settled();
      const [[, text] = ['', '']] = storage.files;
      const before = migration.samples.reduce(
        (sum, one) => sum + JSON.stringify({ type: 'sample', sample: one, fields: migration.fields }).length + 1,
        0,
      );
      expect(text.length).toBeLessThan(3600 * 360);
      expect(text.length * 6).toBeLessThan(before);
    }, 60_000);

    it('keeps a week of one migration within some megabytes, its first hour whole and its last reading', async () => {
      let kept = 0;
      for (let index = 0; index < 7 * 24 * 3600; index += 1) if (isKept(index)) kept += 1;
      expect(kept * 400).toBeLessThan(8 * mib);
      expect([0, 1, 3599, 3600, 3602, 7200, 7204].every(isKept)).toBe(true);
      expect([3601, 7201, 7202].some(isKept)).toBe(false);
      const first = await open();
      const migration = first.start();
      for (let second = 1; second <= 3602; second += 1) sample(migration, second * 1000, 1);
      first.end(migration, { outcome: completed });
      await settled();
      first.journal.dispose();
      const { only } = await open();
      expect(only.samples).toHaveLength(3602);
      expect(only.samples.at(-1)).toEqual(migration.samples.at(-1));
      expect(only.fields).toEqual(migration.fields);
    }, 60_000);

    it('puts the oldest of more than fifty into the archive, and reads the others though one can’t be read', async () => {
      const first = await open();
      for (let index = 0; index < 51; index += 1) {
        first.end(first.start(migrationOf({ startedAtMs: startedAtMs + index * 100_000 })), { outcome: completed });
      }
      first.start(migrationOf({ startedAtMs: startedAtMs + 9_000_000 }));
      await settled();
      await vi.waitFor(() => expect(storage.files.size).toBe(51));
      const [oldest = ''] = [...storage.files.keys()].sort();
      expect([...archived.files.keys()].sort()).toEqual([`${uuid}-${startedAtMs}.jsonl`, 'index.jsonl'].sort());
      expect(oldest).toContain(String(startedAtMs + 100_000));
      storage.unreadable = oldest;
      const second = await open();
      expect(second.registry.all).toHaveLength(50);
      expect(second.errors).toEqual([expect.stringContaining(oldest)]);
    });

    it('puts the oldest of what has ended away when all of it is too much, and nothing that goes on', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: startedAtMs + 3_600_000 });
      const filler = `${JSON.stringify({ type: 'filler', text: 'x'.repeat(30 * mib) })}\n`;
      for (const [hour, ended] of [
        [1, false],
        [2, true],
        [3, true],
        [4, true],
      ] as const) {
        const { identity, state } = migrationOf({ startedAtMs: startedAtMs + hour * 60_000 });
        const last = { ...state, ...(ended ? { phase: 'ended', outcome: completed } : {}) };
        storage.files.set(
          `${identity.id}.0${hour}.jsonl`,
          `${JSON.stringify({ type: 'start', version: 2, identity })}\n${filler}${JSON.stringify({ type: 'state', state: last })}\n`,
        );
      }
      const { registry } = await open();
      expect(registry.all.map((one) => (one.startedAtMs - startedAtMs) / 60_000)).toEqual([1, 4, 3]);
      // What leaves the folder is in the archive first.
      await vi.waitFor(() => expect(storage.files.size).toBe(3));
      expect([...archived.files.keys()].filter((file) => file !== 'index.jsonl')).toHaveLength(1);
    }, 60_000);
  });

  describe('of two windows on one folder', () => {
    it('is one migration when both began to watch it, a little apart', async () => {
      const [a, b] = [await open(), await open()];
      const [seenByA, seenByB] = [a.start(), b.start(migrationOf({ startedAtMs: startedAtMs + 240 }))];
      for (let elapsedMs = 1000; elapsedMs <= 9000; elapsedMs += 1000) {
        sample(seenByA, elapsedMs);
        sample(seenByB, elapsedMs + 400);
      }
      await settled();
      const { only, registry } = await open();
      expect(only.id).toBe(seenByA.id);
      expect(elapsedOf(only)).toEqual(elapsedOf(seenByA));
      expect(only.marks.filter(({ kind }) => kind === 'iteration')).toHaveLength(1);
      expect(only.marks.filter(({ kind }) => kind === 'phase')).toHaveLength(1);
      // The other window's panel, which comes back by the name that it knows.
      expect(registry.get(seenByB.id)).toBe(only);
    });

    it('has each sample once when the second was opened in mid-migration', async () => {
      const a = await open();
      const migration = a.start();
      for (let elapsedMs = 1000; elapsedMs <= 10_000; elapsedMs += 1000) sample(migration, elapsedMs);
      await settled();
      const b = await open();
      const again = b.only;
      expect(elapsedOf(again)).toEqual(elapsedOf(migration));
      for (let elapsedMs = 11_000; elapsedMs <= 20_000; elapsedMs += 1000) {
        sample(migration, elapsedMs);
        sample(again, elapsedMs + 300);
      }
      await settled();
      const third = await open();
      expect(elapsedOf(third.only)).toEqual(elapsedOf(migration));
      expect(third.only.marks).toEqual(migration.marks);
    });

    it('has what one saw while the other was closed, and a gap only where neither watched', async () => {
      const a = await open();
      const first = a.start();
      for (let elapsedMs = 1000; elapsedMs <= 30_000; elapsedMs += 1000) sample(first, elapsedMs);
      await settled();
      a.journal.dispose();
      const b = await open();
      for (let elapsedMs = 40_000; elapsedMs <= 50_000; elapsedMs += 1000) sample(b.only, elapsedMs);
      await settled();
      const { only } = await open();
      expect(elapsedOf(only)).toEqual([...elapsedOf(first), ...elapsedOf(b.only).filter((ms) => ms >= 40_000)]);
      expect(only.marks.filter(({ kind }) => kind === 'gap')).toEqual([
        expect.objectContaining({ elapsedMs: 30_000, untilMs: 40_000 }),
      ]);
    });

    it('hears the end from a file of the other that it met when there was nothing in it yet', async () => {
      const a = await open();
      a.start();
      await settled();
      a.journal.dispose();
      const b = await open();
      const [written = ''] = storage.files.values();
      const ended: MigrationState = { ...b.only.state, phase: 'ended', outcome: completed, endedAtMs: startedAtMs };
      // As the file system tells it: a file is made, and written after that.
      await storage.replace(`${b.only.id}.c0ffee.jsonl`, '');
      await settled();
      await storage.append(
        `${b.only.id}.c0ffee.jsonl`,
        `${written}${JSON.stringify({ type: 'state', state: ended })}\n`,
      );
      await settled();
      expect(b.only.state.outcome).toEqual(completed);
    });

    it('has what one of them did as its doing, not as somebody else’s too', async () => {
      const [a, b] = [await open(), await open()];
      const [mine, theirs] = [a.start(), b.start()];
      const atMs = startedAtMs + 5000;
      mine.addMark({
        kind: 'action',
        atMs,
        elapsedMs: 5000,
        action: 'setMaxDowntime',
        label: 'Max downtime 12000 ms',
        virshLine: 'migrate-setmaxdowntime x 12000',
        answer: 'max downtime is now 12000 ms',
        failed: false,
      });
      theirs.addMark({
        kind: 'change',
        atMs: atMs + 700,
        elapsedMs: 5700,
        change: { value: 'maxDowntime', from: 300, to: 12_000 },
      });
      await settled();
      const kinds = (await open()).only.marks.map(({ kind }) => kind);
      expect(kinds).toContain('action');
      expect(kinds).not.toContain('change');
    });

    it('keeps apart two migrations that one window saw within seconds', async () => {
      const a = await open();
      const first = a.start();
      sample(first, 500);
      // It was seen to have ended only when the next one ran already.
      a.end(first, { outcome: { kind: 'aborted' }, endedAtMs: startedAtMs + 2500 });
      a.start(migrationOf({ startedAtMs: startedAtMs + 2000 }));
      a.start(migrationOf({ startedAtMs: startedAtMs + 3000, source: 'hv2' }));
      await settled();
      expect((await open()).registry.all).toHaveLength(3);
    });

    it('keeps apart one that had ended before another window saw the next begin', async () => {
      const a = await open();
      a.end(a.start(), { outcome: { kind: 'aborted' }, endedAtMs: startedAtMs + 1500 });
      await settled();
      a.journal.dispose();
      const b = await open();
      b.start(migrationOf({ startedAtMs: startedAtMs + 2000 }));
      await settled();
      expect((await open()).registry.all.map(({ state }) => state.phase)).toEqual(['precopy', 'ended']);
    });

    it('has the end that one recorded after the other was closed', async () => {
      const a = await open();
      const migration = a.start();
      sample(migration, 1000);
      await settled();
      const b = await open();
      b.journal.dispose();
      a.end(migration, { outcome: completed, destination: 'hv2' });
      await settled();
      const { only } = await open();
      expect(only.state).toMatchObject({ phase: 'ended', outcome: completed, destination: 'hv2' });
    });

    it('tells the end to the other at once, where that can’t see for itself', async () => {
      const a = await open();
      const migration = a.start();
      sample(migration, 1000);
      await settled();
      const b = await open();
      const ended = vi.fn();
      b.registry.onDidEnd(ended);
      expect(b.only.running).toBe(true);
      a.end(migration, { outcome: completed, destination: 'hv2' });
      await vi.waitFor(() => expect(b.only.state).toMatchObject({ outcome: completed, destination: 'hv2' }));
      expect(ended).toHaveBeenCalledTimes(1);
      migration.update({ leftPausedOn: 'hv2' }, startedAtMs + 9000);
      await vi.waitFor(() => expect(b.only.state.leftPausedOn).toBe('hv2'));
    });

    it('leaves one that watches to see the end for itself, and then both say what the better informed knows', async () => {
      const [a, b] = [await open(), await open()];
      const [seenByA, seenByB] = [a.start(), b.start(migrationOf({ startedAtMs: startedAtMs + 100 }))];
      sample(seenByA, 1000);
      sample(seenByB, 1400);
      a.end(seenByA, { outcome: { kind: 'aborted' } });
      await settled();
      expect(seenByB.running).toBe(true);
      b.end(seenByB, { outcome: { kind: 'endedWithoutCompleting' } });
      await vi.waitFor(() => expect(seenByB.state.outcome).toEqual({ kind: 'aborted' }));
      await settled();
      expect(seenByA.state.outcome).toEqual({ kind: 'aborted' });
      expect((await open()).only.state.outcome).toEqual({ kind: 'aborted' });
    });

    it('tells one that watched the end when it is cut off from the host', async () => {
      const [a, b] = [await open(), await open()];
      const [seenByA, seenByB] = [a.start(), b.start()];
      sample(seenByB, 1400);
      a.end(seenByA, { outcome: completed });
      await settled();
      expect(seenByB.running).toBe(true);
      seenByB.update({ interrupted: 'hv1: the connection was lost.' }, startedAtMs + 2000);
      await vi.waitFor(() => expect(seenByB.state).toMatchObject({ outcome: completed, phase: 'ended' }));
    });
  });

  it('knows fifty long migrations by their ends, and reads their histories after it has opened', async () => {
    const writer = await open();
    for (let index = 0; index < 50; index += 1) {
      const migration = writer.start(migrationOf({ startedAtMs: startedAtMs + index * 100_000 }));
      for (let elapsedMs = 1000; elapsedMs <= 20_000; elapsedMs += 1000) sample(migration, elapsedMs);
      writer.end(migration, { outcome: completed });
    }
    const running = writer.start(migrationOf({ startedAtMs: startedAtMs + 6_000_000 }));
    sample(running, 6_001_000);
    await settled();
    storage.readWhole.length = 0;
    const window = new Window(storage, archived);
    windows.push(window);
    await window.journal.open();
    expect(storage.readWhole.filter((file) => !file.startsWith(running.id)).length).toBeLessThanOrEqual(1);
    expect(window.registry.all).toHaveLength(51);
    expect(window.registry.all.filter(({ state }) => state.outcome?.kind === 'completed')).toHaveLength(50);
    expect(window.registry.get(running.id)?.samples).toHaveLength(1);
    await window.journal.filled;
    for (const { samples, state } of window.registry.all) {
      if (state.outcome !== undefined) expect(samples).toHaveLength(20);
    }
    // Reading is no news: nothing is written again.
    await settled();
    expect(storage.files.size).toBe(51);
  });
});

describe('a line of the journal', () => {
  it('is passed over where it is cut, and no reading after it is made of what it does not know', async () => {
    const migration = migrationOf();
    const lines = [
      JSON.stringify({ type: 'start', version: 2, identity: migration.identity }),
      JSON.stringify({ type: 'names', names: ['Job type', 'time_elapsed'] }),
      JSON.stringify({ type: 'reading', sample: { atMs: 1, elapsedMs: 1 }, values: ['2', '1'] }),
      '{"type":"reading","sample":{"atMs":2,"elapsedMs":2},"val',
      JSON.stringify({ type: 'reading', sample: { atMs: 3, elapsedMs: 3 }, values: [0, '3'] }),
      JSON.stringify({ type: 'names', names: ['Job type', 'time_elapsed'] }),
      JSON.stringify({ type: 'reading', sample: { atMs: 4, elapsedMs: 4 }, values: ['2', '4'] }),
    ];
    const record = await readRecord(`${lines.join('\n')}\n`);
    expect(record?.samples.map(({ elapsedMs, job }) => [elapsedMs, job.timeElapsedMs])).toEqual([
      [1, 1],
      [4, 4],
    ]);
  });
});
