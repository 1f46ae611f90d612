import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MigrationOptions } from '../../../../src/migration/start/model.js';
import {
  type Choice,
  contradictionsOf,
  defaultOptions,
  isOffered,
  migrationOptions,
  optionGroups,
  readOptions,
} from '../../../../src/migration/start/options.js';
import { helpOptions } from '../../../../src/virsh/commands.js';
import { everything } from '../../scriptedHypervisor.js';

const changed = (change: Partial<MigrationOptions>): MigrationOptions => ({ ...defaultOptions(true), ...change });

describe('the options of a migration', () => {
  it('are live and peer to peer unless told otherwise, and keep the domain as persistent as it is', () => {
    expect(defaultOptions(true)).toMatchObject({ live: true, p2p: true, persistent: true, undefineSource: true });
    expect(defaultOptions(false)).toMatchObject({ live: true, p2p: true, persistent: false, undefineSource: false });
    for (const persistent of [true, false]) expect(contradictionsOf(defaultOptions(persistent))).toEqual([]);
  });

  it('are each described once, in a group, in a sentence', () => {
    const keys = migrationOptions.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual(expect.arrayContaining(Object.keys(defaultOptions(true))));
    for (const { group, label, help } of migrationOptions) {
      expect(optionGroups).toContain(group);
      expect(label).not.toBe('');
      expect(help).toMatch(/^\S.*\.$/);
    }
  });

  const keysOf = (words: ReadonlySet<string>): readonly string[] =>
    migrationOptions.filter((option) => isOffered(option, words)).map(({ key }) => key);
  const choicesOf = (words: ReadonlySet<string>, key: string): readonly string[] =>
    migrationOptions.flatMap((option) => {
      const choices: readonly Choice<string>[] = option.key === key && 'choices' in option ? option.choices : [];
      return choices.filter((choice) => isOffered(choice, words)).map(({ value }) => value);
    });

  it('are hidden where the host lacks them, choice by choice', () => {
    const without = (...words: string[]): readonly string[] =>
      keysOf(new Set([...everything.migrateOptions].filter((word) => !words.includes(word))));
    expect(without()).toContain('zeroCopy');
    expect(without('--zerocopy')).not.toContain('zeroCopy');
    expect(without('--parallel')).not.toContain('parallelConnections');
    expect(without('--compressed')).not.toContain('compressionMethods');
    const choices = (key: string, ...words: string[]): readonly string[] => choicesOf(new Set(words), key);
    expect(choices('timeoutAction', '--timeout')).toEqual(['suspend']);
    expect(choices('timeoutAction', '--timeout', '--timeout-postcopy', '--postcopy')).toEqual(['suspend', 'postcopy']);
    expect(choices('storage', '--copy-storage-all')).toEqual(['shared', 'copyAll']);
    expect(choices('compressionMethods', '--compressed', '--comp-methods', '--comp-xbzrle-cache')).toEqual(['xbzrle']);
  });

  it('are those that a real virsh lists, here 9.0, which has no zlib and zstd yet', () => {
    const stdout = readFileSync(new URL('../../virsh/fixtures/help-migrate.txt', import.meta.url), 'utf8');
    const words = helpOptions('migrate').parse({ stdout, stderr: '' });
    expect(keysOf(words)).toEqual(migrationOptions.map(({ key }) => key));
    expect(choicesOf(words, 'compressionMethods')).toEqual(['xbzrle', 'mt']);
  });

  it.each<[Partial<MigrationOptions>, RegExp | undefined]>([
    [{ autoConvergeIncrementPercent: 10 }, /increment needs auto-converge/],
    [{ autoConverge: true, autoConvergeIncrementPercent: 10 }, undefined],
    [{ autoConvergeInitialPercent: 10 }, /initial throttle needs auto-converge/],
    [{ zeroCopy: true }, /Zero-copy needs parallel/],
    [{ zeroCopy: true, parallelConnections: 2 }, undefined],
    [{ zeroCopy: true, parallelConnections: 2, tls: true }, /TLS does not go with zero-copy/],
    [
      { zeroCopy: true, parallelConnections: 2, compressionMethods: ['zlib'] },
      /Zero-copy does not go with compression/,
    ],
    [{ timeoutAction: 'suspend' }, /needs a time-out/],
    [{ timeoutSeconds: 10, timeoutAction: 'postcopy' }, /needs post-copy allowed/],
    [{ timeoutSeconds: 10, timeoutAction: 'postcopy', postcopy: true }, undefined],
    [{ timeoutSeconds: 10, live: false }, /A time-out needs a live migration/],
    [{ postcopy: true, live: false }, /Post-copy needs a live migration/],
    [{ postcopyBandwidthMiBps: 10 }, /needs post-copy allowed/],
    [{ xbzrleCacheMiB: 64 }, /needs XBZRLE/],
    [{ xbzrleCacheMiB: 64, compressionMethods: ['xbzrle'] }, undefined],
    [{ compressionMethods: ['zstd'] }, /zstd compression needs parallel/],
    [{ compressionMethods: ['xbzrle'], parallelConnections: 2 }, /XBZRLE compression does not go with parallel/],
  ])('%j contradict each other: %s', (change, expected) => {
    const found = contradictionsOf(changed(change));
    if (expected === undefined) expect(found).toEqual([]);
    else expect(found.join(' ')).toMatch(expected);
  });

  it.each<[unknown, Partial<MigrationOptions>]>([
    [undefined, {}],
    [{}, {}],
    [{ bandwidthMiBps: '1 GiB/s' }, { bandwidthMiBps: 1024 }],
    [
      { bandwidthMiBps: 20, timeoutSeconds: '600 s' },
      { bandwidthMiBps: 20, timeoutSeconds: 600 },
    ],
    [
      { autoConverge: true, autoConvergeInitialPercent: '30 %' },
      { autoConverge: true, autoConvergeInitialPercent: 30 },
    ],
    [
      { compressionMethods: ['xbzrle', 'xbzrle'], xbzrleCacheMiB: 64 },
      { compressionMethods: ['xbzrle'], xbzrleCacheMiB: 64 },
    ],
    [
      { persistent: false, storage: 'copyAll' },
      { persistent: false, storage: 'copyAll' },
    ],
  ])('are read from %j', (raw, expected) => {
    expect(readOptions(raw)).toEqual(changed(expected));
  });

  it('are read as changes of others', () => {
    const base = changed({ bandwidthMiBps: 20, postcopy: true });
    expect(readOptions({ postcopy: false }, base)).toEqual({ ...base, postcopy: false });
  });

  it.each<[unknown, RegExp]>([
    [{ bandwidthMiBps: -5 }, /bandwidthMiBps: "-5" is negative/],
    [{ bandwidthMiBps: 0 }, /bandwidthMiBps: "0" is less than 1 MiB\/s/],
    [{ bandwidthMiBps: 1.5 }, /no whole number/],
    [{ bandwidthMiBps: 8_796_093_022_208 }, /more than 8796093022207/],
    [{ bandwidthMiBps: '200 MB' }, /unit "MB", which is not clear/],
    [{ bandwidthMiBps: NaN }, /bandwidthMiBps/],
    [{ bandwidthMbps: 200 }, /"bandwidthMbps" is none of them, "bandwidthMiBps" is/],
    [{ downtimeMs: 300 }, /"downtimeMs" is none of them\./],
    [{ timeoutSeconds: '10 min' }, /timeoutSeconds: "10 min" has the unit "min"/],
    [{ timeoutSeconds: 2_147_484 }, /too large/],
    [{ parallelConnections: 256 }, /too large/],
    [{ parallelConnections: 0 }, /too small/],
    [{ autoConvergeInitialPercent: 100 }, /too large/],
    [{ xbzrleCacheMiB: 48 }, /no power of two/],
    [{ live: 'yes' }, /live must be true or false/],
    [{ storage: 'copied' }, /storage must be shared, copyAll or copyIncremental/],
    [{ compressionMethods: 'xbzrle' }, /must be a list/],
    [{ compressionMethods: ['zip'] }, /may hold xbzrle/],
    [{ timeoutAction: 'abort' }, /must be suspend or postcopy/],
    [['live'], /must be an object/],
    [[], /must be an object/],
    ['live', /must be an object/],
    [{ bandwidthMiBps: -1, live: 1 }, /live must be .*; bandwidthMiBps|bandwidthMiBps.*; live must be/],
  ])('that are wrong, %j, are named', (raw, expected) => {
    expect(() => readOptions(raw)).toThrow(expected);
  });
});
