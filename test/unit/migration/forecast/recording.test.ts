import { describe, expect, it } from 'vitest';
import { planOf } from '../../../bench/forecast/plans.js';
import { readRecording, writeRecording } from '../../../bench/forecast/recording.js';
import { parts, recordingsOf } from '../../../bench/forecast/parts.js';

describe('a recording', () => {
  it('is read back as it was written', () => {
    const [recording] = recordingsOf('tuned');
    if (recording === undefined) throw new Error('there are no recordings');
    const { name, samples, marks, state, startedAtMs } = recording;
    const text = writeRecording({ samples, marks, state, startedAtMs }, recording);
    expect(readRecording(name, text)).toEqual(recording);
  });

  it('is of a plan that its seed and number tell, whoever draws it', () => {
    // Plans of earlier seeds were drawn by an earlier version.
    const lastSeed = Math.max(...parts.reported);
    for (const { name, plan } of recordingsOf('reported')) {
      if (name.endsWith('-beside') || !name.startsWith(`${lastSeed}-`)) continue;
      const [seed, index] = name.split('-').map(Number);
      expect(planOf(seed ?? 0, index ?? 0)).toEqual(plan);
    }
  });
});
