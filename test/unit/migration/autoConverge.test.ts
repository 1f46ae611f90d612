import { describe, expect, it } from 'vitest';
import { autoConvergeNote } from '../../../src/migration/autoConverge.js';
import { describeSentence } from '../../../src/migration/sentence.js';
import { FakeMigration, stuckFigures } from '../fakes.js';

/** A migration with this much to send as each iteration begins. */
function migration(
  leftMiB: readonly number[],
  told: object = {},
  maxDowntimeMs: number | undefined = 300,
): FakeMigration {
  const fake = new FakeMigration();
  leftMiB.forEach((left, index) =>
    fake
      .sample(index * 10_000, { ...stuckFigures(index + 1, left), ...told }, maxDowntimeMs)
      .sample(index * 10_000 + 5000, { ...stuckFigures(index + 1, left / 2), ...told }, maxDowntimeMs),
  );
  return fake;
}

describe('that auto-converge would have helped', () => {
  it.each<[string, FakeMigration]>([
    ['a copy that gets no nearer to its end', migration([500, 200, 200, 200])],
    ['one that swings about', migration([500, 180, 200, 170, 200])],
  ])('is said of %s, with what to do instead', (_, stuck) => {
    expect(describeSentence(stuck)).toMatch(
      /Auto-converge would have .* only be chosen when a migration starts\..*abort/,
    );
  });

  it.each<[string, FakeMigration]>([
    ['one that has only begun', migration([500, 200, 200])],
    ['one that shrinks', migration([500, 200, 120, 70])],
    ['one that throttles its guest', migration([500, 200, 200, 200], { autoConvergeThrottlePercent: 30 })],
    ['one that will switch over', migration([500, 200, 200, 200], {}, 12_000)],
    ['one of a libvirt that tells no throttle', migration([500, 200, 200, 200], { operation: undefined })],
    ['one of which nothing was read', new FakeMigration()],
  ])('is not said of %s', (_, fake) => {
    expect(autoConvergeNote(fake)).toBe('');
  });
});
