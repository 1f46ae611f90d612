import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/errors.js';
import type { JobInfo } from '../../../src/virsh/jobInfo.js';
import { parseJobInfo } from '../../../src/virsh/parseJobInfo.js';

const capture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
const mib = 2 ** 20;

function adviceOf(text: string): string | undefined {
  try {
    parseJobInfo(text);
  } catch (error) {
    return error instanceof UserError ? error.advice : 'not a UserError';
  }
  return 'not refused';
}

/** mulberry32: the same texts in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('a reading of domjobinfo', () => {
  it('is exact from --rawstats', () => {
    expect(parseJobInfo(capture('iterating.raw.txt'))).toMatchObject({
      type: 'unbounded',
      operation: 'outgoingMigration',
      timeElapsedMs: 26_015,
      downtimeMs: 10_241,
      setupTimeMs: 4,
      memoryTotalBytes: 537_403_392,
      memoryRemainingBytes: 185_434_112,
      memoryBytesPerSecond: 21_012_660,
      memoryDirtyPagesPerSecond: 5006,
      memoryIteration: 3,
      memoryPageSizeBytes: 4096,
      diskTotalBytes: 0,
      compressionCacheBytes: 64 * mib,
      compressionOverflows: 5639,
      autoConvergeThrottlePercent: 20,
    });
  });

  it('means the same from the human form, as exactly as that prints', () => {
    expect(parseJobInfo(capture('iterating.txt'))).toMatchObject({
      type: 'unbounded',
      operation: 'outgoingMigration',
      timeElapsedMs: 25_659,
      downtimeMs: 10_241,
      memoryRemainingBytes: Math.round(184.844 * mib),
      memoryBytesPerSecond: Math.round(20.039 * mib),
      memoryDirtyPagesPerSecond: 5006,
      memoryIteration: 3,
      compressionBytes: Math.round(14.044 * mib),
      autoConvergeThrottlePercent: 20,
    });
  });

  it('of libvirt 1.0 has what that told and nothing more', () => {
    const job = parseJobInfo(capture('old-1.0.txt'));
    expect(job).toMatchObject({ type: 'unbounded', operation: undefined, timeElapsedMs: 280_850, downtimeMs: 30 });
    expect(job.memoryRemainingBytes).toBe(Math.round(27.963 * 2 ** 30));
    expect(job.memoryIteration).toBeUndefined();
    expect(job.memoryDirtyPagesPerSecond).toBeUndefined();
  });

  it('of libvirt 1.3 has bandwidth, iteration and compression', () => {
    expect(parseJobInfo(capture('old-1.3.txt'))).toMatchObject({
      memoryBytesPerSecond: Math.round(110.028 * mib),
      memoryIteration: 1,
      setupTimeMs: 258,
      compressionBytes: 0,
    });
  });

  it.each(['none.txt', 'none.raw.txt'])('of an idle domain is none: %s', (name) => {
    expect(parseJobInfo(capture(name)).type).toBe('none');
  });

  it('of libvirt 0.9, without any of the fuller statistics, is read', () => {
    expect(
      parseJobInfo('Job type:         Unbounded   \nTime elapsed:     1200         ms\nData total:       1.000 GiB\n'),
    ).toMatchObject({
      type: 'unbounded',
      timeElapsedMs: 1200,
      dataTotalBytes: 2 ** 30,
    });
  });

  it('of early 0.9, which wrote KB for 1024 bytes and no unit below, is read', () => {
    expect(
      parseJobInfo(
        'Job type:         Unbounded   \nData total:       1.500 GB\nData processed:   2.000 KB\nData remaining:   12.000 \n',
      ),
    ).toMatchObject({ dataTotalBytes: 1.5 * 2 ** 30, dataProcessedBytes: 2048, dataRemainingBytes: 12 });
  });

  it('with a long run of blanks takes no longer than another', () => {
    const startedMs = performance.now();
    parseJobInfo(`Job type: 2\n\na:${' '.repeat(200_000)}\u2028x${' '.repeat(200_000)}y\n`);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  it('keeps every field, known or not, in order and as printed', () => {
    const job = parseJobInfo('Job type: 2\n\noperation: 5\nvfio_data_transferred: 77\nerrmsg: no space: left\n');
    expect(job.fields).toEqual([
      { name: 'Job type', value: '2' },
      { name: 'operation', value: '5' },
      { name: 'vfio_data_transferred', value: '77' },
      { name: 'errmsg', value: 'no space: left' },
    ]);
    expect(job.errorMessage).toBe('no space: left');
  });

  it.each([
    ['a banner before it', '*** Welcome ***\n\nJob type: 2\n\nmemory_iteration: 3\n', { memoryIteration: 3 }],
    [
      'a banner that imitates a figure',
      'Memory remaining: 12.000 MiB\nJob type: 2\n\nmemory_remaining: 5\n',
      { memoryRemainingBytes: 5 },
    ],
    ['a job type from the prototype', 'Job type: constructor\n\n', { type: 'unknown' }],
    ['an operation from the prototype', 'Job type: 2\n\noperation: toString\n', { operation: 'unknown' }],
    [
      'the unit of another dimension',
      'Job type: Unbounded\nDirty rate: 20.000 MiB/s\n',
      { memoryDirtyPagesPerSecond: undefined },
    ],
    ['a size for a time', 'Job type: Unbounded\nTime elapsed: 5.000 MiB\n', { timeElapsedMs: undefined }],
    ['a size that lost its unit', 'Job type: Unbounded\nData total: 500.928\n', { dataTotalBytes: undefined }],
    ['a unit where --rawstats has none', 'Job type: 2\n\nmemory_total: 5.000 MiB\n', { memoryTotalBytes: undefined }],
    [
      'minus one as an unsigned number',
      'Job type: 2\n\nmemory_remaining: 18446744073709551615\n',
      { memoryRemainingBytes: undefined },
    ],
    ['minus one in EiB', 'Job type: Unbounded\nMemory remaining: 16.000 EiB\n', { memoryRemainingBytes: undefined }],
    ['the largest real number', 'Job type: 2\n\nmemory_total: 9007199254740993\n', { memoryTotalBytes: 2 ** 53 }],
    ['carriage returns', 'Job type: 2\r\n\r\nmemory_iteration: 3\r\n', { memoryIteration: 3 }],
    ['a negative number', 'Job type: 2\n\nmemory_iteration: -3\n', { memoryIteration: undefined }],
    ['a word for a number', 'Job type: 2\n\nmemory_iteration: nan\n', { memoryIteration: undefined }],
    ['an unknown unit', 'Job type:  Unbounded\nMemory total: 3.000 QiB\n', { memoryTotalBytes: undefined }],
    ['a comma for a point', 'Job type:  Unbounded\nMemory total: 3,000 MiB\n', { memoryTotalBytes: undefined }],
    ['a label twice', 'Job type: 2\n\nmemory_iteration: 3\nmemory_iteration: 9\n', { memoryIteration: 3 }],
    ['a job type that is not known yet', 'Job type: 17\n\n', { type: 'unknown' }],
    ['an operation that is not known yet', 'Job type: 2\n\noperation: 99\n', { operation: 'unknown' }],
    [
      'a failure with its reason',
      'Job type: 4\n\nsuccess: 0\nerrmsg: broken\n',
      { type: 'failed', success: false, errorMessage: 'broken' },
    ],
  ])('survives %s', (_, text, expected) => {
    expect(parseJobInfo(text)).toMatchObject(expected);
  });

  it('in another language is refused, with what to do, and never gives figures', () => {
    expect(() => parseJobInfo('Tipo de trabajo:  Sin límite\nTiempo transcurrido: 3250 ms\n')).toThrow(
      /not what domjobinfo prints/,
    );
  });

  it.each(['Tipo de trabajo:  Ninguno\n', '\u4efb\u52a1\u7c7b\u578b\uff1a \u65e0\n'])(
    'in another language advises the locale: %s',
    (text) => {
      expect(adviceOf(text)).toMatch(/LC_ALL=C/);
    },
  );

  it('that is an error text has no advice about languages', () => {
    expect(adviceOf('error: Domain not found: no domain\n')).toBeUndefined();
  });

  it.each([[''], ['\n'], ['error: Domain not found\n'], ['Job type: 2']])(
    'is refused where there is none: %j',
    (text) => {
      expect(() => parseJobInfo(text)).toThrow(/not what domjobinfo prints/);
    },
  );

  it.each(['iterating.raw.txt', 'iterating.txt', 'old-1.0.txt', 'old-1.3.txt', 'postcopy.txt', 'starting.txt'])(
    'cut off anywhere has no wrong figure: %s',
    (name) => {
      const whole = capture(name);
      const full = parseJobInfo(whole);
      for (let length = 0; length < whole.length; length++) {
        let part: JobInfo;
        try {
          part = parseJobInfo(whole.slice(0, length));
        } catch {
          continue;
        }
        for (const [figure, value] of Object.entries(part)) {
          if (figure === 'fields' || value === undefined) continue;
          expect(value, `${figure} at ${length}`).toEqual(full[figure as keyof JobInfo]);
        }
      }
    },
  );

  it.each(['iterating.raw.txt', 'iterating.txt', 'old-1.3.txt'])(
    'garbled is refused or has possible figures only: %s',
    (name) => {
      const whole = capture(name);
      const random = randomOf(20_260_000);
      const junk = [
        '\n',
        ':',
        ' ',
        '-',
        '.',
        '9'.repeat(30),
        'MiB',
        '\u0000',
        '\r\n',
        'Job type: 2\n',
        '__proto__',
        '\u2028',
      ];
      for (let round = 0; round < 2000; round++) {
        let text = whole;
        for (let hit = random(6); hit >= 0; hit--) {
          const at = random(text.length + 1);
          text = text.slice(0, at) + (junk[random(junk.length)] ?? '') + text.slice(at + random(20));
        }
        let job: JobInfo;
        try {
          job = parseJobInfo(text);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          continue;
        }
        expect(typeof job.type).toBe('string');
        for (const value of Object.values(job)) {
          if (typeof value === 'number') expect(value >= 0 && value < 2 ** 63, `${value} of round ${round}`).toBe(true);
        }
      }
    },
  );
});
