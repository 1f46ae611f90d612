import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportCsv } from '../../../../src/migration/past/exportCsv.js';
import { exportJson } from '../../../../src/migration/past/exportJson.js';
import { importRecording } from '../../../../src/migration/past/importRecording.js';
import { migrationOf } from '../../../../src/migration/past/pastMigrations.js';
import { describeSentence } from '../../../../src/migration/sentence.js';
import { completed, printed, recordOf, startedAtMs } from './records.js';

const nowMs = startedAtMs + 1_000_000;
const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', 'virsh', 'fixtures', name), 'utf8');
const importOne = (text: string) => {
  const [record, ...more] = importRecording(text, 'file', nowMs);
  if (record === undefined || more.length > 0) throw new Error(`${more.length + 1} records`);
  return record;
};

describe('a migration exported as JSON', () => {
  const record = recordOf();
  const text = exportJson(record, nowMs);

  it('is the same when it is imported, each reading as printed and with what was foretold', () => {
    const back = importOne(text);
    const { id, ...who } = record.identity;
    expect(back.identity).toMatchObject({ ...who });
    expect(back.identity.id).not.toBe(id);
    expect(back.samples).toEqual(record.samples);
    expect(back.marks).toEqual(record.marks);
    expect(back.state).toMatchObject(completed);
    expect([...(back.readings?.values() ?? [])]).toEqual([...(record.readings?.values() ?? [])]);
    // And once more: the same text but for its name.
    expect(JSON.parse(exportJson(back, nowMs))).toEqual({
      ...(JSON.parse(text) as object),
      migration: { ...back.identity },
    });
  });

  it('is one migration, however often it is imported', () => {
    expect(importOne(text).identity.id).toBe(importOne(text).identity.id);
  });

  it('passes over marks that a later version knows', () => {
    const later = { ...(JSON.parse(text) as Record<string, unknown>), marks: [{ kind: 'eclipse', atMs: 1 }] };
    expect(importOne(JSON.stringify(later)).marks).toEqual([]);
  });

  it('says that its end is not known where it was exported while it ran', () => {
    const running = { ...completed, phase: 'precopy' as const, outcome: undefined, endedAtMs: undefined };
    const back = importOne(exportJson(recordOf({ state: running }), nowMs));
    expect(back.state?.outcome).toEqual({ kind: 'lost', reason: 'the recording ends while it runs.' });
  });

  it.each([
    ['{\n  "format": "libvirt-live-migration",\n  "version": 1,,\n}', /^Line 3: this is no JSON that can be read/],
    ['{"format":"something else"}', /^this is not a recording of this extension: format is wrong/],
    [
      text.replace('"version": 1', '"version": 7'),
      /^This recording has version 7 of its format; this extension reads up to 1/,
    ],
    [
      text.replace('"elapsedMs":3000,', '"elapsedMs":"3 s",'),
      /^Line \d+: this is not a recording .*readings\[2\]\.elapsedMs is wrong/,
    ],
    [text.replace('["Job type","2"]', '["job","2"]'), /^Line \d+: readings\[0\]\.fields are not those of a reading/],
    [' \n', /^There is nothing in it to import/],
  ])('is refused in words where it is not one: %#', (wrong, words) => {
    expect(() => importRecording(wrong, 'file', nowMs)).toThrow(words);
  });

  it('names the very line of what is wrong', () => {
    const wrong = text.replace('"elapsedMs":3000,', '"elapsedMs":"3 s",');
    const line = wrong.split('\n').findIndex((one) => one.includes('"3 s"')) + 1;
    expect(() => importOne(wrong)).toThrow(`Line ${line}: `);
  });
});

describe('pasted text of domjobinfo', () => {
  it.each([
    [
      'old-1.0.txt',
      /By its last reading: it never ends at these settings: .* about (?:2[5-9]|3[01])\.\d GiB in each round/,
    ],
    ['old-1.3.txt', /By its last reading: that takes about .* more at least/],
    ['iterating.txt', /By its last reading: it ends in about/],
    ['iterating.raw.txt', /By its last reading: it ends in about/],
  ])('of %s gets a verdict, though its end is not known', (name, verdict) => {
    const record = importOne(fixture(name));
    expect(record.samples).toHaveLength(1);
    expect(describeSentence(migrationOf(record))).toMatch(
      /^Nobody saw how the migration ended: the imported text ends/,
    );
    expect(describeSentence(migrationOf(record))).toMatch(verdict);
  });

  /** What libvirt 1.0 printed, so many seconds later: a round is six readings. */
  const oldReading = (index: number): string =>
    [
      'Job type:         Unbounded   ',
      `Time elapsed:     ${280_850 + index * 10_000}       ms`,
      `Memory processed: ${(30.904 + index * 0.25).toFixed(3)} GiB`,
      `Memory remaining: ${(27.963 - (index % 6) * 0.25).toFixed(3)} GiB`,
      'Memory total:     62.508 GiB',
      'Expected downtime: 30           ms',
      '',
    ].join('\n');

  it('is read with prompts, commands, clocks and empty lines between, and loses no reading', () => {
    const parts = Array.from({ length: 12 }, (_, index) =>
      [
        `root@hv1:~# date; virsh domjobinfo web-1`,
        'Tue Nov 24 22:48:42 UTC 2026',
        `Every 10.0s: virsh domjobinfo web-1`,
        '',
        oldReading(index),
        '',
        'error: Timed out during operation: cannot acquire state change lock',
        '',
      ].join('\r\n'),
    );
    const record = importOne(parts.join(''));
    expect(record.identity.domainName).toBe('web-1');
    expect(record.samples.map(({ elapsedMs }) => elapsedMs)).toEqual(
      Array.from({ length: 12 }, (_, index) => 280_850 + index * 10_000),
    );
    expect(record.readings?.get(record.samples[3] ?? never())?.fields).toHaveLength(6);
    // Ten seconds apart is how these readings were taken, and no gap.
    expect(record.marks.filter(({ kind }) => kind === 'gap')).toEqual([]);
    expect(describeSentence(migrationOf(record))).toContain('never ends at these settings');
  });

  it('is two migrations where the time that has elapsed goes back', () => {
    const text = [1000, 2000, 3000, 500, 1500].map(printed).join('\n');
    const records = importRecording(text, 'file', nowMs);
    expect(records.map(({ samples }) => samples.map(({ elapsedMs }) => elapsedMs))).toEqual([
      [1000, 2000, 3000],
      [500, 1500],
    ]);
    expect(new Set(records.map(({ identity }) => identity.id)).size).toBe(2);
  });

  it('has the end that a last answer tells', () => {
    const done = printed(4000).replace('Job type: 2', 'Job type: 3');
    expect(importOne(printed(1000) + printed(2000) + done).state?.outcome).toMatchObject({
      kind: 'completed',
      result: { totalTimeMs: 4000 },
    });
  });

  it.each([
    ['nothing of a migration here', /^This text has no reading of a running migration/],
    ['Job type:         None        \n\n', /^This text has no reading of a running migration/],
    [
      'first line\n\nJob type:         Unbounded\nMemory total: 1.000 GiB\n',
      /^Line 3: this reading tells no time elapsed/,
    ],
  ])('is refused in words where nothing can be made of it: %j', (text, words) => {
    expect(() => importRecording(text, 'file', nowMs)).toThrow(words);
  });
});

describe('a migration exported as CSV', () => {
  it('has a row a reading, with units in the names and what was done beside it', () => {
    const [head = '', ...rows] = exportCsv(recordOf()).split('\r\n');
    expect(rows.pop()).toBe('');
    const names = head.split(',');
    const cell = (row: number, name: string): string | undefined => rows[row]?.split(',')[names.indexOf(name)];
    expect(rows).toHaveLength(10);
    expect(cell(4, 'elapsed_ms')).toBe('5000');
    expect(cell(4, 'iteration')).toBe('2');
    expect(cell(4, 'bandwidth_bytes_per_s')).toBe('20971520');
    expect(cell(4, 'vcpu_ms')).toBe('8250');
    expect(cell(4, 'forecast')).toBe('never');
    expect(cell(5, 'events')).toBe('Max downtime 12000 ms');
    expect(cell(0, 'time')).toBe(new Date(startedAtMs + 1000).toISOString());
  });

  it.each([
    ['=cmd|calc', "'=cmd|calc"],
    ['+1', "'+1"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['a "b", c', '"a ""b"", c"'],
    ['two\nlines', '"two\nlines"'],
    ['\t=1', "'\t=1"],
    ['plain=1', 'plain=1'],
  ])('makes a name no formula, and quotes it: %j', (name, written) => {
    const [, first = ''] = exportCsv(recordOf({ name, seconds: 1 })).split('\r\n');
    expect(first.startsWith(`${written},`)).toBe(true);
  });
});

function never(): never {
  throw new Error('no such reading');
}
