import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../../../src/migration/forecast/forecast.js';
import { outlookOf } from '../../../../src/migration/forecast/forecast.js';
import { about, outlookFor, shortVerdict, verdictSentence } from '../../../../src/migration/forecast/verdict.js';
import type { Phase, Sample } from '../../../../src/migration/model.js';
import { parseJobInfo } from '../../../../src/virsh/parseJobInfo.js';
import { FakeMigration } from '../../fakes.js';
import { migrate, seenUntil, type SimulatedGuest } from './simulatedGuest.js';

function sentenceAt(guest: SimulatedGuest, elapsedMs: number, phase: Phase = 'precopy'): string {
  const outlook = outlookOf({ ...seenUntil(migrate(guest), elapsedMs), state: { phase } });
  return outlook === undefined ? '' : verdictSentence(outlook);
}

const stuck = { workingSetMiB: 100, rateMiBps: 60, untilMs: 120_000 } as const;
const finishes = { kind: 'finishes', freezeMs: 100, freezeIntervalMs: [90, 120], atLeast: false } as const;

describe('the short verdict', () => {
  it.each<[Forecast, string]>([
    [{ kind: 'tooEarly' }, 'too early to say'],
    [{ kind: 'never', sure: 0.95, roundBytes: 1 }, 'never at these settings'],
    [{ kind: 'never', sure: 0.6, roundBytes: 1 }, 'probably never at these settings'],
    [{ kind: 'stalled', sinceMs: 9_000 }, 'no byte moves'],
    [{ ...finishes, medianMs: 41_000, intervalMs: [35_000, 50_000], sure: 0.95 }, '~40 s left'],
    [{ ...finishes, medianMs: 41_000, intervalMs: [35_000, undefined], sure: 0.6 }, 'perhaps ~40 s left'],
    [
      { ...finishes, medianMs: 41_000, intervalMs: [12_300, undefined], sure: 0.7, atLeast: true },
      'at least ~10 s left',
    ],
  ])('of %o is: %s', (said, text) => {
    expect(shortVerdict(said)).toBe(text);
  });

  it.each([
    [200, '1 s'],
    [8_400, '8 s'],
    [42_000, '40 s'],
    [153_000, '2 min 30 s'],
    [4_300_000, '1 h 10 min'],
  ])('rounds %i ms to what can be known: %s', (ms, text) => {
    expect(about(ms)).toBe(text);
  });
});

describe('the verdict in a sentence', () => {
  it('names the cap where it holds the copy back', () => {
    expect(sentenceAt(stuck, 60_000)).toMatch(
      /^It never ends at these settings: the guest dirties its memory as fast as it is sent, about [\d.]+ MiB in each round, and only 6\.00 MiB fit into a stop of 300 ms\. Its speed is capped at 20\.0 MiB\/s: the network may carry more\.$/,
    );
  });

  it.each([
    [50, 'more at least. In the one second that was measured before, the guest wrote too fast for an end.'],
    [1, 'ms. That is by the one second that was measured before.'],
  ])('says of %i MiB/s that were measured before it began that they are all it goes by', (rateMiBps, words) => {
    const { samples, marks } = seenUntil(migrate(stuck), 6_000);
    const [first, ...rest] = samples;
    const dirtiedBytes = rateMiBps * 2 ** 20;
    const all = first === undefined ? [] : [{ ...first, measured: [{ seconds: 1, dirtiedBytes }] }, ...rest];
    const outlook = outlookOf({ samples: all, marks, state: { phase: 'precopy' } });
    const sentence = outlook === undefined ? '' : verdictSentence(outlook);
    expect(sentence).toContain(words);
    const longer = all.map((sample, at) =>
      at === 2 ? { ...sample, measured: [{ seconds: 5, dirtiedBytes: 5 * dirtiedBytes }] } : sample,
    );
    const told = outlookOf({ samples: longer, marks, state: { phase: 'precopy' } });
    expect(told === undefined ? '' : verdictSentence(told)).toContain(
      words.replace('one second that was measured before', '6 seconds that were measured'),
    );
  });

  it('says in the first round that it probably never ends, and by what, where it was measured and watched for long enough', () => {
    const { samples, marks } = seenUntil(migrate(stuck), 6_000);
    const [first, ...rest] = samples;
    if (first === undefined) throw new Error('no sample');
    const told = {
      ...first,
      measured: [1, 5, 20].map((seconds) => ({ seconds, dirtiedBytes: Math.min(100, 50 * seconds) * 2 ** 20 })),
      earlierVcpus: Array.from({ length: 30 }, (_, at) => [1000 * (at - 30), 500 * at] as const),
    };
    const outlook = outlookOf({ samples: [told, ...rest], marks, state: { phase: 'precopy' } });
    expect(outlook === undefined ? '' : verdictSentence(outlook)).toMatch(
      /^It probably never ends at these settings: in the 26 seconds that were measured, the guest wrote as fast as it can be sent: that would be about [\d.]+ MiB in each round, and only 6\.00 MiB fit into a stop of 300 ms\. Its speed is capped at 20\.0 MiB\/s: the network may carry more\.$/,
    );
  });

  it('says since when before it began the guest works more', () => {
    const { samples, marks } = seenUntil(migrate({ ...stuck, vcpus: () => 0.5 }), 60_000);
    const [first, ...rest] = samples;
    if (first === undefined) throw new Error('no sample');
    // Idle for a minute, and busy since 20 s before it began.
    const earlierVcpus = Array.from(
      { length: 80 },
      (_, at) => [1000 * (at - 80), -10_000 + 500 * Math.max(0, at - 60)] as const,
    );
    const outlook = outlookOf({ samples: [{ ...first, earlierVcpus }, ...rest], marks, state: { phase: 'precopy' } });
    expect(outlook === undefined ? '' : verdictSentence(outlook)).toContain('s before it began the guest works more: ');
  });

  it('says nothing of what was measured while disks are copied first', () => {
    const migration = new FakeMigration({ state: { phase: 'diskCopy' } }).sample(6_000, {
      diskTotalBytes: 2 ** 32,
      diskProcessedBytes: 2 ** 30,
      diskRemainingBytes: 3 * 2 ** 30,
      diskBytesPerSecond: 2 ** 26,
    });
    const samples = migration.samples.map((sample) => ({ ...sample, measured: [{ seconds: 1, dirtiedBytes: 0 }] }));
    const outlook = outlookOf({ samples, marks: [], state: { phase: 'diskCopy' } });
    expect(outlook === undefined ? '' : verdictSentence(outlook)).toMatch(/^That takes about \d+ s more at least\.$/);
  });

  it('does not say that a guest writes more since a second that was measured before it began', () => {
    const busy = { memoryMiB: 2048, workingSetMiB: 1500, rateMiBps: 300, speedMiBps: 200, untilMs: 20_000 };
    const { samples, marks } = migrate(busy);
    const [first, ...rest] = samples;
    const all =
      first === undefined ? [] : [{ ...first, measured: [{ seconds: 1, dirtiedBytes: 40 * 2 ** 20 }] }, ...rest];
    const outlook = outlookOf({ samples: all, marks, state: { phase: 'precopy' } });
    expect(outlook === undefined ? '' : verdictSentence(outlook)).not.toContain('Since');
  });

  it('says what of the rest was never used, where that is why it takes less', () => {
    const { samples, marks } = seenUntil(
      migrate({ memoryMiB: 4096, zeroMiB: 3584, workingSetMiB: 1, rateMiBps: 0 }),
      6_000,
    );
    const [first, ...rest] = samples;
    const sentence = (residentMiB: number): string => {
      const all = first === undefined ? [] : [{ ...first, residentBytes: residentMiB * 2 ** 20 }, ...rest];
      const outlook = outlookOf({ samples: all, marks, state: { phase: 'precopy' } });
      return outlook === undefined ? '' : verdictSentence(outlook);
    };
    expect(sentence(512 + 66)).toMatch(
      /^Of what is left, its host holds about 4[0-9]\d MiB; the rest was never used, and takes no time\. That takes about (15|20) s more at least\.$/,
    );
    expect(sentence(4096)).toMatch(/^That takes about/);
  });

  it('names the network where it is full below the cap', () => {
    const guest = { ...stuck, speedMiBps: 1000, linkMiBps: 25 };
    expect(sentenceAt(guest, 60_000)).toContain('the network, or the destination, takes no more than 25.0 MiB/s.');
  });

  it('says when the network carries less than it did', () => {
    const { samples, marks } = seenUntil(
      migrate({ ...stuck, rateMiBps: 200, speedMiBps: (ms) => (ms < 45_000 ? 60 : 15) }),
      80_000,
    );
    const uncapped = samples.map((sample): Sample => ({ ...sample, speedLimitMiBps: 8_796_093_022_207 }));
    const outlook = outlookOf({ samples: uncapped, marks, state: { phase: 'precopy' } });
    expect(outlook && verdictSentence(outlook)).toMatch(
      /The network carries 15\.0 MiB\/s now; before, it was [56]\d\.\d MiB\/s\./,
    );
  });

  it('says when the guest got busier', () => {
    const guest = { workingSetMiB: 200, rateMiBps: (ms: number) => (ms < 26_000 ? 10 : 150), untilMs: 120_000 };
    expect(sentenceAt(guest, 55_000)).toMatch(/Since 0:\d\d the guest writes \S+ times as much as before\./);
  });

  it.each<[string, number, (atMs: number) => boolean, RegExp]>([
    [
      'works less',
      26_500,
      (ms) => ms < 21_000,
      / Since 0:2\d the guest works less: 0\.01 virtual CPUs are busy on average, 0\.50 were before\./,
    ],
    [
      'works more',
      40_000,
      (ms) => ms > 12_000,
      / Since 0:1\d the guest works more: 0\.50 virtual CPUs are busy on average, 0\.01 were before\./,
    ],
    [
      'works by turns, which ends in an idle one',
      68_500,
      (ms) => ms % 40_000 < 30_000,
      /^It ends .* The guest works by turns, lately at least (29|30) s busy and 10 s idle: it can end only in an idle one that is long enough for what is left\.$/,
    ],
    [
      'works by turns, none of which is long enough',
      68_500,
      (ms) => ms % 12_000 < 6_000,
      /^It (probably )?never ends .* The guest works by turns, lately 6 s busy and 6 s idle: it can end only in an idle one that is long enough for what is left\./,
    ],
  ])('says when the guest %s', (_, atMs, isBusy, text) => {
    const guest: SimulatedGuest = {
      workingSetMiB: 160,
      shape: 'sweep',
      rateMiBps: (ms) => (isBusy(ms) ? 40 : 0),
      vcpus: (ms) => (isBusy(ms) ? 0.5 : 0.01),
    };
    expect(sentenceAt(guest, atMs)).toMatch(text);
  });

  it('gives no turns as the reason of what ends in busy ones too, or of a guest that writes on in its idle ones', () => {
    const isBusy = (ms: number): boolean => ms % 6_000 < 3_000;
    const guest = { workingSetMiB: 160, shape: 'sweep', vcpus: (ms: number) => (isBusy(ms) ? 0.5 : 0.01) } as const;
    const ends = sentenceAt({ ...guest, rateMiBps: (ms) => (isBusy(ms) ? 8 : 0) }, 24_500);
    expect(ends).toMatch(/^It ends .* The guest works by turns, lately 3 s busy and 3 s idle\.$/);
    const slow = { ...guest, vcpus: (ms: number) => (ms % 40_000 < 30_000 ? 0.5 : 0.01) };
    expect(sentenceAt({ ...slow, rateMiBps: 40 }, 120_500)).not.toContain('turn');
  });

  it('tells the time, its range and the freeze of one that ends', () => {
    expect(sentenceAt({ workingSetMiB: 200, rateMiBps: 6 }, 28_000)).toMatch(
      /^It ends in about \d+ s( \(\d+ s to \d+ s\))?, and stops the guest for (about|at most) \d+ ms\.$/,
    );
  });

  it('claims no more than a lower bound in the first round', () => {
    expect(sentenceAt(stuck, 8_000)).toMatch(/^That takes about \d+ s more at least\.$/);
  });

  it('explains a set-up that hangs', () => {
    const outlook = outlookFor(new FakeMigration({ state: { phase: 'setup' } }).sample(31_000, {}));
    expect(outlook && verdictSentence(outlook)).toMatch(
      /^It has been setting up for 30 s: the destination does not answer, or .* lock/,
    );
  });

  it('explains that no byte moves', () => {
    const { samples, marks } = seenUntil(migrate(stuck), 40_000);
    const last = samples.at(-1);
    if (last === undefined) throw new Error('no sample');
    const still = [1, 2, 3, 4, 5, 6].map((second) => ({ ...last, elapsedMs: last.elapsedMs + 1000 * second }));
    const outlook = outlookOf({ samples: [...samples, ...still], marks, state: { phase: 'precopy' } });
    expect(outlook && verdictSentence(outlook)).toMatch(/^No byte has moved for 6 s: the network/);
  });

  it('judges even one reading of a libvirt that tells neither iterations nor rates', () => {
    // Before libvirt 1.3, a guest of 62 GiB that has been sent four times over.
    const { fields, ...job } = parseJobInfo(
      [
        'Job type:         Unbounded',
        'Time elapsed:     280850       ms',
        'Data processed:   30.904 GiB',
        'Data remaining:   27.963 GiB',
        'Data total:       62.508 GiB',
        'Memory processed: 30.904 GiB',
        'Memory remaining: 27.963 GiB',
        'Memory total:     62.508 GiB',
        'Constant pages:   7355339',
        'Normal pages:     64930658',
        'Normal data:      247.691 GiB',
        'Expected downtime: 30           ms',
        '',
      ].join('\n'),
    );
    expect(fields.length).toBeGreaterThan(5);
    const sample: Sample = { atMs: 0, elapsedMs: 280_850, job, maxDowntimeMs: undefined };
    const outlook = outlookOf({ samples: [sample], marks: [], state: { phase: 'precopy' } });
    expect(outlook?.asItIs.kind).toBe('never');
    expect(outlook && verdictSentence(outlook)).toMatch(/never ends at these settings: .* as fast as it is sent/);
  });
});
