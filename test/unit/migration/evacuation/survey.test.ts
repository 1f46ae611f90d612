import { describe, expect, it } from 'vitest';
import { planEvacuation } from '../../../../src/migration/evacuation/plan.js';
import { surveyDomains } from '../../../../src/migration/evacuation/survey.js';
import { domain, FakeHypervisor, FakeMigrations, mib } from '../../fakes.js';

describe('the domains of a host that is to be emptied', () => {
  it('a paused one is looked into as one that runs is, and goes', async () => {
    const asked: string[] = [];
    const hv1 = new FakeHypervisor('hv1').with(
      domain({ uuid: 'still', name: 'still', state: 'paused', reason: 'user', memoryBytes: 128 * mib }),
      domain({ uuid: 'off', name: 'off', state: 'shutOff', memoryBytes: 128 * mib }),
    );
    hv1.run = ({ args }) => {
      asked.push(args.join(' '));
      return args[0] === 'list' ? Promise.resolve(new Set() as never) : Promise.resolve({ obstacles: [] } as never);
    };
    const domains = await surveyDomains(hv1, new FakeMigrations());
    const candidates = [{ name: 'hv2', freeBytes: 4096 * mib, reservedBytes: 0 }];
    const { moves, left } = planEvacuation({ source: 'hv1', domains, candidates });
    expect(moves.map(({ uuid }) => uuid)).toEqual(['still']);
    expect(left.map(({ uuid }) => uuid)).toEqual(['off']);
    expect(asked.filter((line) => line.includes('still'))).toHaveLength(1);
    expect(asked.filter((line) => line.includes('off'))).toHaveLength(0);
  });
});
