import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtInPresets, presetEntry, readPresets } from '../../../../src/migration/form/presets.js';
import { RememberedChoices } from '../../../../src/migration/form/remembered.js';
import type { MigrationOptions } from '../../../../src/migration/start/model.js';
import { defaultOptions, migrationOptions } from '../../../../src/migration/start/options.js';

const defaults = defaultOptions(true);

function applied(raw: unknown, name: string): MigrationOptions | undefined {
  return readPresets(raw)
    .all.find((preset) => preset.name === name)
    ?.apply(defaults);
}

describe('presets', () => {
  it('are there without a setting, and each is what its name says', () => {
    expect(readPresets(undefined)).toEqual({ all: builtInPresets, problems: [] });
    expect(applied(undefined, 'Plain')).toEqual(defaults);
    expect(applied(undefined, 'Careful')).toEqual({ ...defaults, autoConverge: true });
    expect(applied(undefined, 'Busy guest')).toEqual({ ...defaults, autoConverge: true, postcopy: true });
    expect(applied(undefined, 'Fast link')?.parallelConnections).toBeGreaterThan(1);
  });

  it('of the setting come after the built-in ones, stand in the place of one of the same name, and may have units', () => {
    const raw = { Night: { bandwidthMiBps: '1 GiB/s' }, Careful: { autoConverge: true, bandwidthMiBps: 50 } };
    expect(readPresets(raw).all.map(({ name }) => name)).toEqual([
      'Plain',
      'Careful',
      'Busy guest',
      'Fast link',
      'Night',
    ]);
    expect(applied(raw, 'Night')).toEqual({ ...defaults, bandwidthMiBps: 1024 });
    expect(applied(raw, 'Careful')?.bandwidthMiBps).toBe(50);
  });

  it('that can’t be used are named with what is wrong, and hide none of the others', () => {
    const raw = { Bad: { bandwidthMiBps: -1 }, Odd: { bandwith: 3 }, List: [], '': {}, Good: { tls: true } };
    const { all, problems } = readPresets(raw);
    expect(all.map(({ name }) => name)).toEqual(['Plain', 'Careful', 'Busy guest', 'Fast link', 'Good']);
    expect(problems).toEqual([
      expect.stringMatching(/"Bad".*negative/),
      expect.stringMatching(/"Odd".*bandwith/),
      expect.stringMatching(/"List".*object/),
      expect.stringMatching(/needs a name/),
    ]);
    expect(readPresets(['x']).problems).toEqual(['libvirt.migrate.presets must be an object of presets by name.']);
  });

  it('are saved as what differs from the defaults only', () => {
    expect(presetEntry({ ...defaults, autoConverge: true, compressionMethods: ['xbzrle'] }, defaults)).toEqual({
      autoConverge: true,
      compressionMethods: ['xbzrle'],
    });
    expect(presetEntry(defaults, defaults)).toEqual({});
  });

  it('may hold every option, in the settings editor too, within the same bounds', () => {
    const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
      contributes: { configuration: { properties: Record<string, { additionalProperties: { properties: object } }> } };
    };
    const { properties } =
      manifest.contributes.configuration.properties['libvirt.migrate.presets']?.additionalProperties ?? {};
    const entries = Object.entries(properties ?? {}) as [string, { minimum?: number; maximum?: number }][];
    expect(entries.map(([key]) => key).sort()).toEqual(migrationOptions.map(({ key }) => key).sort());
    const numbers = migrationOptions.filter((option) => option.kind === 'number');
    for (const { key, min, max } of numbers) {
      expect(entries.find(([name]) => name === key)?.[1], key).toMatchObject({ minimum: min, maximum: max });
    }
  });
});

describe('what was chosen last', () => {
  const memory = () => {
    const kept = new Map<string, unknown>();
    return {
      kept,
      get: <T>(key: string, fallback: T): T => (kept.has(key) ? (kept.get(key) as T) : fallback),
      update: (key: string, value: unknown): Promise<void> => {
        // As the editor keeps it.
        kept.set(key, JSON.parse(JSON.stringify(value)));
        return Promise.resolve();
      },
    };
  };

  it('is remembered for its pair of hosts and direction, but not whether the domain stays defined', async () => {
    const choices = new RememberedChoices(memory());
    const options = { ...defaultOptions(false), bandwidthMiBps: 300 };
    const typed = { destinationUri: 'qemu+tcp://10.0.0.2/system', migrationUri: '' };
    await choices.remember('hv1', 'hv2', { options, preset: 'Night', typed });
    expect(choices.of('hv1', 'hv2', defaults)).toEqual({
      options: { ...defaults, bandwidthMiBps: 300 },
      preset: 'Night',
      typed,
    });
    expect(choices.of('hv2', 'hv1', defaults)).toBeUndefined();
    expect(choices.of('hv1', 'hv3', defaults)).toBeUndefined();
  });

  it('is the last one, and what is no longer understood is forgotten', async () => {
    const store = memory();
    const choices = new RememberedChoices(store);
    const remember = (bandwidthMiBps: number) =>
      choices.remember('hv1', 'hv2', { options: { ...defaults, bandwidthMiBps }, preset: undefined, typed: undefined });
    await remember(1);
    await remember(2);
    expect(choices.of('hv1', 'hv2', defaults)?.options.bandwidthMiBps).toBe(2);
    store.kept.set('migrateChoices', [{ pair: '["hv1","hv2"]', options: { ofTomorrow: true } }, 'nonsense']);
    expect(choices.of('hv1', 'hv2', defaults)).toBeUndefined();
  });
});
