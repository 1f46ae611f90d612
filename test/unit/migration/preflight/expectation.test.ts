import { describe, expect, it } from 'vitest';
import { type ExpectationFacts, expectationOf } from '../../../../src/migration/preflight/expectation.js';
import { known, untold } from '../../../../src/migration/preflight/fact.js';
import type { MigrationOptions } from '../../../../src/migration/start/model.js';
import { everything, mib } from '../../fakes.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';

const plain: MigrationOptions = defaultOptions(false);

function facts(told: Partial<ExpectationFacts> = {}, options: Partial<MigrationOptions> = {}): ExpectationFacts {
  return {
    options: { ...plain, ...options },
    memoryBytes: 1024 * mib,
    residentBytes: 600 * mib,
    runs: true,
    dirtyBytesPerSecond: known(10 * mib),
    linkBytesPerSecond: known(110 * mib),
    copyBytes: 0,
    needsCopy: undefined,
    offered: everything.migrateOptions,
    ...told,
  };
}

const changes = (told: ExpectationFacts): readonly unknown[] =>
  expectationOf(told).suggestions.map(({ change }) => change);

describe('what to expect of a migration', () => {
  it('is its time, by what is in use, sent and written meanwhile', () => {
    expect(expectationOf(facts())).toEqual({
      converges: true,
      timeMs: 6000,
      sentence:
        'About 6 s, and it ends by itself: 600 MiB of memory at 110 MiB/s, while the guest wrote 10.0 MiB/s in the second that was measured.',
      suggestions: [],
    });
  });

  it('is less than a second for a small guest on a fast link, not none', () => {
    const small = { residentBytes: 20 * mib, memoryBytes: 128 * mib, linkBytesPerSecond: known(1000 * mib) };
    expect(expectationOf(facts(small)).sentence).toMatch(/^Less than a second, and it ends by itself/);
  });

  it('is never better than it is known: much written within a second may be few pages over and over', () => {
    expect(expectationOf(facts({ dirtyBytesPerSecond: known(50 * mib) })).sentence).toMatch(/may take longer if/);
  });

  it.each([
    ['the bandwidth that is asked for', {}, { bandwidthMiBps: 20 }, true, 60_000],
    ['a link slower than that', { linkBytesPerSecond: known(20 * mib) }, { bandwidthMiBps: 100 }, true, 60_000],
    ['no limit at all, written as 0', {}, { bandwidthMiBps: 0 }, true, 6000],
    [
      'a bandwidth alone, where the link is unknown',
      { linkBytesPerSecond: untold('x') },
      { bandwidthMiBps: 20 },
      true,
      60_000,
    ],
    ['nothing, where neither is known', { linkBytesPerSecond: untold('x') }, {}, undefined, undefined],
    ['a guest that is paused', { runs: false, dirtyBytesPerSecond: known(0) }, {}, true, 5454.5],
    ['a guest that stands still for it', { dirtyBytesPerSecond: known(900 * mib) }, { live: false }, true, 5454.5],
    ['disks that are copied too', { copyBytes: 1100 * mib }, { storage: 'copyAll' }, true, 16_000],
    ['a guest of which nothing is known', { dirtyBytesPerSecond: untold('x') }, {}, undefined, undefined],
    ['a guest that writes faster', { dirtyBytesPerSecond: known(200 * mib) }, {}, false, undefined],
    ['a guest that writes almost as fast', { dirtyBytesPerSecond: known(105 * mib) }, {}, false, undefined],
    ['such a guest, slowed', { dirtyBytesPerSecond: known(200 * mib) }, { autoConverge: true }, true, undefined],
    [
      'such a guest, with post-copy that nobody switches to',
      { dirtyBytesPerSecond: known(200 * mib) },
      { postcopy: true },
      false,
      undefined,
    ],
    [
      'such a guest, with post-copy after a minute',
      { dirtyBytesPerSecond: known(200 * mib) },
      { postcopy: true, timeoutSeconds: 60, timeoutAction: 'postcopy' },
      true,
      65_454.5,
    ],
    [
      'such a guest, paused after a minute',
      { dirtyBytesPerSecond: known(200 * mib) },
      { timeoutSeconds: 60 },
      true,
      65_454.5,
    ],
  ] as const)('goes by %s', (_, told, options, converges, timeMs) => {
    const expected = expectationOf(facts(told, options));
    expect(expected.converges).toBe(converges);
    if (timeMs === undefined) expect(expected.timeMs).toBeUndefined();
    else expect(expected.timeMs).toBeCloseTo(timeMs, 0);
  });

  it('comes with options that would end it: what costs the guest nothing first', () => {
    const stuck = facts({ dirtyBytesPerSecond: known(40 * mib) }, { bandwidthMiBps: 20 });
    expect(changes(stuck)).toEqual([
      { bandwidthMiBps: 60 },
      { autoConverge: true },
      { postcopy: true },
      { compressionMethods: ['xbzrle'] },
    ]);
    expect(expectationOf(facts({ dirtyBytesPerSecond: known(40 * mib) }, { bandwidthMiBps: 60 })).converges).toBe(true);
  });

  it('proposes nothing that the link does not carry, that is on already, or that this virsh lacks', () => {
    const fast = { dirtyBytesPerSecond: known(200 * mib) };
    expect(changes(facts(fast, { bandwidthMiBps: 20, autoConverge: false, postcopy: true }))).toEqual([
      { autoConverge: true },
      { compressionMethods: ['xbzrle'] },
    ]);
    expect(changes(facts({ ...fast, offered: new Set() }))).toEqual([]);
    const withoutCache = new Set([...everything.migrateOptions].filter((word) => word !== '--comp-xbzrle-cache'));
    expect(changes(facts({ ...fast, offered: withoutCache }))).toEqual([{ autoConverge: true }, { postcopy: true }]);
  });

  it.each([
    ['parallel connections', { parallelConnections: 4 }],
    ['zero-copy', { parallelConnections: 4, zeroCopy: true }],
  ])('proposes nothing that %s speak against', (_, options) => {
    const fast = { dirtyBytesPerSecond: known(200 * mib) };
    expect(changes(facts(fast, options))).toEqual([{ autoConverge: true }, { postcopy: true }]);
  });

  it('has the disks copied where they have to be, and only there', () => {
    expect(changes(facts({ needsCopy: true }))).toEqual([{ storage: 'copyAll' }]);
    expect(changes(facts({ needsCopy: false }, { storage: 'copyAll' }))).toEqual([{ storage: 'shared' }]);
    expect(changes(facts({ needsCopy: true }, { storage: 'copyAll' }))).toEqual([]);
  });
});
