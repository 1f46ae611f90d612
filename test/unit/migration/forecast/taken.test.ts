import { describe, expect, it } from 'vitest';
import { takenSoFarText, takenText } from '../../../../src/migration/forecast/taken.js';
import type { Mark, MigrationState } from '../../../../src/migration/model.js';
import { recordingsOf } from '../../../bench/forecast/parts.js';
import { migrate } from './simulatedGuest.js';

const askedMs = 60_000;
const run = migrate({
  workingSetMiB: 100,
  rateMiBps: 60,
  shape: 'sweep',
  maxDowntimeMs: (ms) => (ms > askedMs ? 6_000 : 300),
});
const raised: Mark = {
  kind: 'action',
  atMs: askedMs,
  elapsedMs: askedMs,
  action: 'setMaxDowntime',
  label: 'Max downtime 6000 ms',
  virshLine: 'migrate-setmaxdowntime u 6000',
  answer: 'max downtime is now 6000 ms',
  failed: false,
};
const endedAtMs = Math.round(run.endedMs ?? 0);
const state: MigrationState = {
  phase: 'ended',
  destination: 'hv2',
  outcome: {
    kind: 'completed',
    result: { totalTimeMs: endedAtMs, downtimeMs: 100, transferredBytes: undefined, iterations: undefined },
  },
  interrupted: undefined,
  leftPausedOn: undefined,
  endedAtMs,
};
const ended = { samples: run.samples, marks: [...run.marks, raised], state, startedAtMs: 0 };

describe('after a way out was taken', () => {
  it('tells what it did against what was foretold', () => {
    expect(takenText(ended)).toMatch(
      /^Max downtime 6000 ms: foretold to end it in about \d s, and it took \d s; at most [\d.]+ s of standing still, and it was 100 ms\.$/,
    );
  });

  it.each([
    ['nothing was done', { ...ended, marks: run.marks }],
    ['it was refused', { ...ended, marks: [{ ...raised, failed: true }] }],
    ['the migration was aborted', { ...ended, state: { ...state, outcome: { kind: 'aborted' as const } } }],
    ['nothing had been read by then', { ...ended, samples: [] }],
  ])('says nothing where %s', (_, other) => {
    expect(takenText(other)).toBe('');
  });

  it('tells while it still runs what was foretold, and how long ago', () => {
    const running = { ...state, phase: 'precopy' as const, outcome: undefined, endedAtMs: undefined };
    expect(takenSoFarText({ ...ended, state: running })).toMatch(
      /^Max downtime 6000 ms, \d+ s ago: foretold to end it in about \d s from then\.$/,
    );
    expect(takenSoFarText(ended)).toBe('');
  });

  it('tells it of a real pause', () => {
    const paused = recordingsOf('tuned').filter(({ plan, marks }) => plan.kind === 'stuck' && marks.length > 0);
    expect(paused.length).toBeGreaterThan(0);
    for (const recording of paused)
      expect(takenText(recording)).toMatch(
        /^Paused the guest: foretold to end it in about \d+ s, and it took \d+ s; at most [\d.]+ s of standing still, and it was [\d.]+ s\.$/,
      );
  });
});
