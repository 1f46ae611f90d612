import { describe, expect, it } from 'vitest';
import {
  overfull,
  placedDomains,
  placesOf,
  readChoices,
  withChoice,
} from '../../../../src/migration/evacuation/choices.js';
import {
  type Choices,
  type EvacuationSurvey,
  planEvacuation,
  type SurveyedDomain,
} from '../../../../src/migration/evacuation/plan.js';
import { mib } from '../../fakes.js';
import { surveyed } from './surveyed.js';

const guest = (name: string, memoryMiB: number, told: Partial<SurveyedDomain> = {}): SurveyedDomain =>
  surveyed(name, { memoryBytes: memoryMiB * mib, ...told });

/** Two hosts with room, and one that tells nothing. */
const survey: EvacuationSurvey = {
  source: 'hv1',
  domains: [guest('web', 512), guest('db', 1000), guest('mail', 256), guest('off', 512, { state: 'shutOff' })],
  candidates: [
    { name: 'hv2', freeBytes: 4000 * mib, reservedBytes: 0 },
    { name: 'hv3', freeBytes: 1500 * mib, reservedBytes: 0 },
    { name: 'hv4', freeBytes: undefined, reservedBytes: 0 },
  ],
};

const to = (destination: string) => ({ kind: 'to', destination }) as const;
const stay = { kind: 'stay' } as const;
const chosen = (entries: Readonly<Record<string, ReturnType<typeof to> | typeof stay>>): Choices =>
  new Map(Object.entries(entries).map(([name, choice]) => [`uuid-of-${name}`, choice]));

function places(choices: Choices): Record<string, string> {
  const { moves, left } = planEvacuation(survey, choices);
  return Object.fromEntries([
    ...moves.map(({ name, destination }) => [name, destination] as const),
    ...left.map(({ name, reason }) => [name, reason] as const),
  ]);
}

describe('a destination chosen for one domain', () => {
  it.each([
    ['none: free memory decides', {}, { web: 'hv2', db: 'hv2', mail: 'hv2' }],
    ['it goes there, the others go on as memory has it', { mail: to('hv3') }, { web: 'hv2', db: 'hv2', mail: 'hv3' }],
    ['one is to stay', { web: stay }, { web: 'it was chosen to stay', db: 'hv2', mail: 'hv2' }],
    ['a host that does not tell its memory may be chosen', { db: to('hv4') }, { web: 'hv2', db: 'hv4', mail: 'hv2' }],
  ])('%s', (_, choices, expected) => {
    expect(places(chosen(choices))).toEqual({ ...expected, off: 'it is shut off' });
  });

  it('has its room before free memory decides about others, however small it is', () => {
    const narrow = { ...survey, candidates: [{ name: 'hv2', freeBytes: 1300 * mib, reservedBytes: 0 }] };
    const free = planEvacuation(narrow);
    expect(free.moves.map(({ name }) => name)).toEqual(['db']);
    const { moves, left } = planEvacuation(narrow, chosen({ mail: to('hv2') }));
    expect(moves.map(({ name }) => name)).toEqual(['web', 'mail']);
    expect(left.find(({ name }) => name === 'db')?.reason).toMatch(/fits nowhere/);
  });

  it('is taken back, and free memory decides again', () => {
    const choices = withChoice(chosen({ web: to('hv3') }), 'uuid-of-web', undefined);
    expect(places(choices)).toEqual(places(new Map()));
  });

  it('that has no room for all is gone to nevertheless, and that is said', () => {
    const choices = chosen({ web: to('hv3'), db: to('hv3') });
    const plan = planEvacuation(survey, choices);
    expect(plan.moves.filter(({ destination }) => destination === 'hv3')).toHaveLength(2);
    expect(overfull(survey, plan)).toEqual([
      'hv3 has 283 MiB too little for all that goes there: the pre-flight stops what does not fit.',
    ]);
    expect(overfull(survey, planEvacuation(survey))).toEqual([]);
  });

  it('of a host that has promised more than it has and gets nothing, nothing is said', () => {
    const full = { name: 'hv5', freeBytes: 100 * mib, reservedBytes: 4000 * mib };
    const more = { ...survey, candidates: [...survey.candidates, full] };
    expect(overfull(more, planEvacuation(more))).toEqual([]);
  });
});

describe('the list to choose from', () => {
  it('has every domain that could go, by name, with where it goes and why', () => {
    const tight = { ...survey, candidates: [{ name: 'hv2', freeBytes: 1000 * mib, reservedBytes: 0 }] };
    expect(placedDomains(tight, chosen({ mail: stay })).map(({ name, text }) => [name, text])).toEqual([
      [
        'db',
        expect.stringMatching(
          /^stays on hv1 · 1000 MiB · it needs 1\.11 GiB and fits nowhere: hv2 has 1000 MiB left$/,
        ) as string,
      ],
      ['mail', 'stays on hv1 · 256 MiB · your choice'],
      ['web', '→ hv2 · 512 MiB'],
    ]);
  });

  it('a domain’s places are what memory decides, each host with its room beside the others, and where it is', () => {
    const told = placesOf(survey, chosen({ web: to('hv3') }), 'uuid-of-db');
    expect(told.map(({ label, text, fits, isNow }) => [label, text, fits, isNow])).toEqual([
      ['Let free memory decide', 'now hv2', true, true],
      ['hv2', '3.53 GiB free beside the others', true, false],
      ['hv3', '855 MiB free beside the others, and it needs 1.11 GiB', false, false],
      ['hv4', 'does not tell its free memory', true, false],
      ['Stay on hv1', 'it is not evacuated', true, false],
    ]);
    const own = placesOf(survey, chosen({ web: to('hv3') }), 'uuid-of-web');
    expect(own.filter(({ isNow }) => isNow).map(({ label }) => label)).toEqual(['hv3']);
  });

  it('one that can not go has no places', () => {
    expect(placesOf(survey, new Map(), 'uuid-of-off')).toEqual([]);
  });
});

describe('choices given as arguments', () => {
  it('name a domain by its name or UUID; null lets it stay', () => {
    expect(places(readChoices(survey, { web: 'hv3', 'UUID-of-db': null }))).toMatchObject({
      web: 'hv3',
      db: 'it was chosen to stay',
    });
  });

  it.each([
    [{ nosuch: 'hv2' }, 'hv1 has no domain "nosuch".'],
    [{ web: 'hv9' }, 'web can\'t go to "hv9".'],
  ])('%j is refused, and nothing is done', (given, words) => {
    expect(() => readChoices(survey, given)).toThrow(words);
  });
});
