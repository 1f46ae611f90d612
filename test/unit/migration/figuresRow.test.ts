import { describe, expect, it } from 'vitest';
import { figuresRow } from '../../../src/migration/figuresRow.js';
import type { Sample } from '../../../src/migration/model.js';
import { panelSamples } from '../../../src/migration/panelModel.js';
import { underWay } from '../fakes.js';
import { figures } from './figures.js';

function sample(elapsedMs: number, vcpuMs: number | undefined): Sample {
  return { atMs: elapsedMs, elapsedMs, maxDowntimeMs: undefined, job: figures({ type: 'unbounded' }), vcpuMs };
}

function shown(samples: readonly Sample[]): string | undefined {
  const row = figuresRow({ state: underWay, samples, marks: [], startedAtMs: 0 });
  return row.find(({ label }) => label === 'Busy vCPUs')?.value;
}

describe('how many of a guest’s virtual CPUs are busy', () => {
  it('is shown since the reading before', () => {
    expect(shown([sample(1000, 5000), sample(2000, 5100), sample(3000, 6600)])).toBe('1.50');
  });

  it('is shown over a second or so where it is read more often: the host counts in steps of 10 ms', () => {
    expect(shown([0, 1, 2, 3, 4, 5].map((step) => sample(200 * step, 1000 + 10 * Math.floor((step * 200) / 40))))).toBe(
      '0.25',
    );
  });

  it('is that of a moment ago where the last reading did not tell', () => {
    expect(shown([sample(1000, 5000), sample(2000, 5500), sample(3000, undefined)])).toBe('0.50');
  });

  it('is drawn at each reading but the first', () => {
    const samples = [sample(1000, 5000), sample(2000, 5100), sample(3000, undefined), sample(4000, 6100)];
    const drawn = (from: number): unknown[] => panelSamples({ samples }, from).map(({ busyVcpus }) => busyVcpus);
    expect(drawn(0)).toEqual([undefined, 0.1, undefined, 0.5]);
    expect(drawn(3)).toEqual([0.5]);
  });

  it('is not shown where nothing tells', () => {
    expect(shown([sample(1000, undefined), sample(2000, undefined)])).toBeUndefined();
    expect(shown([sample(1000, 5000)])).toBeUndefined();
  });
});
