import { describe, expect, it } from 'vitest';
import { draftOf, type OptionDraft, readDraft, withOptions } from '../../../../src/migration/form/draft.js';
import type { MigrationOptions } from '../../../../src/migration/start/model.js';
import { defaultOptions, migrationOptions } from '../../../../src/migration/start/options.js';
import { everything } from '../../fakes.js';

const all = everything.migrateOptions;
const without = (...words: readonly string[]): ReadonlySet<string> =>
  new Set([...all].filter((word) => !words.includes(word)));

function chosen(options: Partial<MigrationOptions>, numbers: OptionDraft['numbers'] = {}): OptionDraft {
  const draft = draftOf({ ...defaultOptions(true), ...options });
  return { ...draft, numbers: { ...draft.numbers, ...numbers } };
}

/** The fields that are shown, by key, with what is wrong with each. */
function fields(draft: OptionDraft, migrateOptions = all): Record<string, string | undefined> {
  const { shown } = readDraft(draft, migrateOptions);
  return Object.fromEntries(shown.map(({ option, problem }) => [option.key, problem]));
}

describe('the options of a form', () => {
  /** Between them all that an option may depend on is chosen. */
  const showing = [
    chosen({ autoConverge: true, postcopy: true, timeoutSeconds: 60, compressionMethods: ['xbzrle'] }),
    chosen({ parallelConnections: 4 }),
  ];

  it.each(migrationOptions.flatMap(({ key, needs }) => needs.map((word) => [key, word])))(
    'show %s where the host has %s, and hide it where it has all but that',
    (key, word) => {
      const drafts = showing.filter((draft) => key in fields(draft));
      expect(drafts).not.toEqual([]);
      for (const draft of drafts) expect(fields(draft, without(word))).not.toHaveProperty(key);
    },
  );

  it('hide compression where the host has no method of it', () => {
    expect(fields(chosen({}), new Set(['--compressed', '--comp-methods']))).not.toHaveProperty('compressionMethods');
  });

  it.each<[string, Partial<MigrationOptions>, string]>([
    ['the first throttle', { autoConverge: true }, 'autoConvergeInitialPercent'],
    ['the throttle increment', { autoConverge: true }, 'autoConvergeIncrementPercent'],
    ['the speed of post-copy', { postcopy: true }, 'postcopyBandwidthMiBps'],
    ['the cache of XBZRLE', { compressionMethods: ['xbzrle'] }, 'xbzrleCacheMiB'],
    ['zero-copy', { parallelConnections: 4 }, 'zeroCopy'],
    ['what happens at the time-out', { timeoutSeconds: 60 }, 'timeoutAction'],
  ])('show %s once what it depends on is chosen', (_what, options, key) => {
    expect(fields(chosen({}))).not.toHaveProperty(key);
    expect(fields(chosen(options))).toHaveProperty(key);
  });

  it.each<[string, OptionDraft['numbers'], string, RegExp]>([
    ['a negative speed', { bandwidthMiBps: '-5' }, 'bandwidthMiBps', /is negative/],
    ['a speed with a mistyped unit', { bandwidthMiBps: '5 MB' }, 'bandwidthMiBps', /unit "MB", which is not clear/],
    ['a speed of nothing', { bandwidthMiBps: '0' }, 'bandwidthMiBps', /less than 1 MiB\/s/],
    ['a word for a number', { timeoutSeconds: 'soon' }, 'timeoutSeconds', /is no number/],
    ['a time-out in a unit that is not its own', { timeoutSeconds: '500ms' }, 'timeoutSeconds', /unit "ms"/],
    ['too many connections', { parallelConnections: '1000' }, 'parallelConnections', /too large/],
    ['half a connection', { parallelConnections: '1.5' }, 'parallelConnections', /no whole number/],
  ])('say at the field what is wrong with %s, and send nothing of it', (_what, numbers, key, problem) => {
    const read = readDraft(chosen({}, numbers), all);
    expect(read.shown.find(({ option }) => option.key === key)?.problem).toMatch(problem);
    expect(read.hasProblems).toBe(true);
    expect(read.options).not.toHaveProperty(key);
  });

  it('keep what is typed in a field that goes out of sight, send nothing of it, and complain of nothing in it', () => {
    const draft = chosen({ autoConverge: false }, { autoConvergeInitialPercent: '250' });
    const read = readDraft(draft, all);
    expect(read.hasProblems).toBe(false);
    expect(read.options).toEqual(defaultOptions(true));
    const again = readDraft(withOptions(draft, { autoConverge: true }), all);
    expect(again.shown.find(({ option }) => option.key === 'autoConvergeInitialPercent')?.problem).toMatch(/too large/);
  });

  it('say which of two that contradict each other are meant, rather than hide one that is chosen', () => {
    expect(fields(chosen({ autoConverge: true, live: false }))).toMatchObject({
      autoConverge: expect.stringMatching(/live/) as string,
    });
    expect(fields(chosen({ tls: true, zeroCopy: true, parallelConnections: 2 }))).toMatchObject({
      tls: expect.stringMatching(/zero-copy/) as string,
    });
    expect(fields(chosen({ timeoutSeconds: 5, timeoutAction: 'postcopy' }))).toMatchObject({
      timeoutAction: expect.stringMatching(/post-copy/) as string,
    });
    const read = readDraft(chosen({ zeroCopy: true, parallelConnections: 2, compressionMethods: ['xbzrle'] }), all);
    expect(read.contradictions).toContain('Zero-copy does not go with compression.');
  });

  it('offer of several values only those that the host has and that make sense now', () => {
    const values = (draft: OptionDraft, key: string, migrateOptions = all): string[] | undefined =>
      readDraft(draft, migrateOptions)
        .shown.find(({ option }) => option.key === key)
        ?.choices.map(({ value }) => value);
    expect(values(chosen({}), 'storage')).toEqual(['shared', 'copyAll', 'copyIncremental']);
    expect(values(chosen({}), 'storage', without('--copy-storage-inc'))).toEqual(['shared', 'copyAll']);
    expect(values(chosen({ timeoutSeconds: 5 }), 'timeoutAction')).toEqual(['suspend']);
    expect(values(chosen({ timeoutSeconds: 5, postcopy: true }), 'timeoutAction')).toEqual(['suspend', 'postcopy']);
    expect(values(chosen({}), 'compressionMethods')).toContain('xbzrle');
    expect(values(chosen({ parallelConnections: 2 }), 'compressionMethods')).not.toContain('xbzrle');
  });

  it('leave out what the host lacks, and name it', () => {
    const draft = chosen({ postcopy: true, storage: 'copyIncremental', bandwidthMiBps: 20 });
    const read = readDraft(draft, without('--postcopy', '--copy-storage-inc'));
    expect(read.options).toMatchObject({ postcopy: false, storage: 'shared', bandwidthMiBps: 20 });
    expect(read.lacking).toEqual(['Allow post-copy', 'Copied over the same base image']);
    expect(read.hasProblems).toBe(false);
  });

  it('are the same again after they were filled in', () => {
    const options: MigrationOptions = {
      ...defaultOptions(false),
      autoConverge: true,
      autoConvergeInitialPercent: 30,
      autoConvergeIncrementPercent: 5,
      postcopy: true,
      postcopyBandwidthMiBps: 100,
      bandwidthMiBps: 200,
      compressionMethods: ['xbzrle'],
      xbzrleCacheMiB: 128,
      storage: 'copyAll',
      tls: true,
      timeoutSeconds: 600,
      timeoutAction: 'postcopy',
    };
    expect(readDraft(draftOf(options), new Set(migrationOptions.flatMap(needsOf))).options).toEqual(options);
  });
});

function needsOf(option: (typeof migrationOptions)[number]): readonly string[] {
  return [...option.needs, ...('choices' in option ? option.choices.flatMap(({ needs }) => needs) : [])];
}
