import { describe, expect, it } from 'vitest';
import { type Candidate, planEvacuation, type SurveyedDomain } from '../../../../src/migration/evacuation/plan.js';
import { mib } from '../../fakes.js';

const guest = (name: string, memoryMiB: number | undefined, told: Partial<SurveyedDomain> = {}): SurveyedDomain => ({
  uuid: name,
  name,
  state: 'running',
  reason: undefined,
  memoryBytes: memoryMiB === undefined ? undefined : memoryMiB * mib,
  persistent: true,
  held: undefined,
  migrating: false,
  problem: undefined,
  ...told,
});

const host = (name: string, freeMiB: number | undefined, reservedMiB = 0): Candidate => ({
  name,
  freeBytes: freeMiB === undefined ? undefined : freeMiB * mib,
  reservedBytes: reservedMiB * mib,
});

function places(domains: readonly SurveyedDomain[], candidates: readonly Candidate[]): Record<string, string> {
  return Object.fromEntries(
    planEvacuation({ source: 'hv1', domains, candidates }).moves.map(({ name, destination }) => [name, destination]),
  );
}

describe('who goes where', () => {
  it.each([
    ['one host takes all that fits', [guest('a', 512), guest('b', 256)], [host('hv2', 2048)], { a: 'hv2', b: 'hv2' }],
    [
      'biggest first, each to the host with the most room left',
      [guest('small', 256), guest('big', 2048), guest('middle', 1024)],
      [host('hv2', 3000), host('hv3', 2000)],
      { big: 'hv2', middle: 'hv3', small: 'hv3' },
    ],
    [
      'what is promised to others is not given away twice',
      [guest('a', 512)],
      [host('hv2', 4096, 4000), host('hv3', 1024)],
      { a: 'hv3' },
    ],
    ['equal hosts in the order of the tree', [guest('a', 512)], [host('hv3', 1024), host('hv2', 1024)], { a: 'hv3' }],
    ['a host that does not tell its memory is given nothing', [guest('a', 512)], [host('hv2', undefined)], {}],
    ['QEMU itself needs memory, too', [guest('a', 1000)], [host('hv2', 1137)], {}],
    ['exactly enough is enough', [guest('a', 1000)], [host('hv2', 1138)], { a: 'hv2' }],
    ['a host without any room', [guest('a', 128)], [host('hv2', 100, 4000)], {}],
  ])('%s', (_, domains, candidates, expected) => {
    expect(places(domains, candidates)).toEqual(expected);
  });

  it('never promises more than there is, and what fits nowhere stays and says what it needs', () => {
    const domains = Array.from({ length: 20 }, (_, index) => guest(`g${index}`, 300 + 40 * index));
    const plan = planEvacuation({
      source: 'hv1',
      domains,
      candidates: [host('hv2', 4000), host('hv3', 2500)],
    });
    for (const [name, free] of [
      ['hv2', 4000],
      ['hv3', 2500],
    ] as const) {
      const taken = plan.moves
        .filter(({ destination }) => destination === name)
        .reduce((sum, { memoryBytes }) => sum + (1.01 * memoryBytes) / mib + 128, 0);
      expect(taken).toBeLessThanOrEqual(free);
      expect(taken).toBeGreaterThan(0);
    }
    expect(plan.moves.length + plan.left.length).toBe(20);
    expect(plan.left[0]?.reason).toMatch(/^it needs \d+ MiB|^it needs 1\.\d+ GiB/);
    expect(plan.left[0]?.reason).toMatch(/fits nowhere: hv2 has .+ left, hv3 has .+ left/);
    expect(plan.left.every(({ running }) => running)).toBe(true);
  });

  it.each([
    [guest('a', 512, { state: 'shutOff' }), 'it is shut off', false],
    [guest('a', 512, { state: 'paused', reason: 'user' }), undefined, undefined],
    [guest('a', 512, { state: 'paused', reason: 'migrating' }), 'it is paused by a migration', true],
    [
      guest('a', 512, { state: 'paused', reason: 'post-copy failed' }),
      'only half of it is here, by its post-copy',
      true,
    ],
    [guest('a', 512, { state: 'paused', reason: 'saving' }), 'it is paused (saving)', true],
    [guest('a', 512, { state: 'crashed' }), 'it has crashed', false],
    [guest('a', 512, { state: 'unknown' }), 'its state is not known', false],
    [
      guest('a', 512, { held: 'the host’s device 0000:3b:00.0' }),
      'it can’t migrate: the host’s device 0000:3b:00.0',
      true,
    ],
    [guest('a', 512, { migrating: true }), 'it is migrating already', true],
    [guest('a', undefined), 'nothing tells how much memory it has', true],
    [guest('a', 512, { problem: 'its XML can’t be read' }), 'its XML can’t be read', true],
    [guest('a', 512, { state: 'idle' }), undefined, undefined],
  ])('a domain that can not go stays, and says why: %#', (domain, reason, running) => {
    const { left } = planEvacuation({ source: 'hv1', domains: [domain], candidates: [host('hv2', 4096)] });
    expect(left.map((one) => [one.reason, one.running])).toEqual(reason === undefined ? [] : [[reason, running]]);
  });

  it('without any candidate nothing moves', () => {
    const { left } = planEvacuation({ source: 'hv1', domains: [guest('a', 1)], candidates: [] });
    expect(left[0]?.reason).toBe('there is no host that could take it');
  });
});
