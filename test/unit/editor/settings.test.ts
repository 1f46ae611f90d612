import { afterEach, describe, expect, it, vi } from 'vitest';

/** The editor's user settings, below `libvirt.`, and who is told of their changes. */
const editor = vi.hoisted(() => ({
  values: new Map<string, unknown>(),
  listeners: new Set<(event: { affectsConfiguration: (section: string) => boolean }) => void>(),
  change(key: string, value: unknown): void {
    editor.values.set(key, value);
    for (const listener of editor.listeners) listener({ affectsConfiguration: (section) => section === 'libvirt' });
  },
}));

vi.mock('vscode', () => ({
  ConfigurationTarget: { Global: 1 },
  workspace: {
    getConfiguration: () => ({
      get: (key: string) => editor.values.get(key),
      inspect: (key: string) => ({ globalValue: editor.values.get(key) }),
      update: (key: string, value: unknown) => {
        editor.values.set(key, value);
        return Promise.resolve();
      },
    }),
    onDidChangeConfiguration: (listener: Parameters<typeof editor.listeners.add>[0]) => {
      editor.listeners.add(listener);
      return { dispose: () => editor.listeners.delete(listener) };
    },
  },
}));

const { Settings } = await import('../../../src/editor/settings.js');

describe('the settings', () => {
  const opened: InstanceType<typeof Settings>[] = [];
  afterEach(() => {
    for (const settings of opened.splice(0)) settings.dispose();
    editor.values.clear();
  });

  function open(): { settings: InstanceType<typeof Settings>; told: () => number } {
    const settings = new Settings();
    opened.push(settings);
    let count = 0;
    settings.onDidChange(() => (count += 1));
    return { settings, told: () => count };
  }

  it('tell of a preset that can not be used as soon as it is written, and of its repair', () => {
    const { settings, told } = open();
    editor.change('migrate.presets', { Odd: { autoConverge: 'maybe' } });
    expect(told()).toBe(1);
    expect(settings.problems).toHaveLength(1);
    expect(settings.problems[0]).toContain('libvirt.migrate.presets, "Odd"');
    editor.change('migrate.presets', { Odd: { autoConverge: true } });
    expect(told()).toBe(2);
    expect(settings.problems).toEqual([]);
    expect(settings.presets.all.map(({ name }) => name)).toContain('Odd');
  });

  it('tell nothing of what is none of theirs', () => {
    const { told } = open();
    editor.change('autoConnect', 'all');
    expect(told()).toBe(0);
  });

  it('hold a preset that was saved before the editor announces it', async () => {
    const { settings, told } = open();
    await settings.savePreset('Mine', { autoConverge: true });
    expect(settings.presets.all.map(({ name }) => name)).toContain('Mine');
    expect(told()).toBe(1);
  });
});
