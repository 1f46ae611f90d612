import { describe, expect, it } from 'vitest';
import type { Forecast } from '../../../../src/migration/forecast/forecast.js';
import { packed, unpacked } from '../../../../src/migration/forecast/packed.js';

describe('a forecast that is kept', () => {
  it.each<Forecast>([
    {
      kind: 'finishes',
      medianMs: 40_000,
      intervalMs: [30_000, undefined],
      freezeMs: 200,
      freezeIntervalMs: [100, 300],
      sure: 0.87,
      atLeast: false,
    },
    {
      kind: 'finishes',
      medianMs: 1,
      intervalMs: [0, 2],
      freezeMs: 0,
      freezeIntervalMs: [0, 0],
      sure: 1,
      atLeast: true,
    },
    { kind: 'never', sure: 0.93, roundBytes: 200_000_000 },
    { kind: 'stalled', sinceMs: 6000 },
    { kind: 'tooEarly' },
  ])('comes back as it was: %j', (said) => {
    expect(unpacked(JSON.parse(JSON.stringify(packed(said))))).toEqual(said);
  });

  it.each([[undefined], [null], ['never'], [['never']], [['eclipse', 1]], [['finishes', 1, 2, 3]], [[]]])(
    'is none where a later version wrote another: %j',
    (value) => expect(unpacked(value)).toBeUndefined(),
  );
});
