import { describe, expect, it } from 'vitest';
import { readArguments, readSelection, schemas } from '../../../src/commands/arguments.js';

describe('the argument of a command', () => {
  it.each([
    [
      'a number without its unit',
      schemas.setMaxDowntime,
      { downtimeMs: '12 s' },
      'downtimeMs must be a number of milliseconds',
    ],
    [
      'a speed in words',
      schemas.setSpeed,
      { speedMiBps: 'fast' },
      'speedMiBps must be a number of MiB/s, or "unlimited"',
    ],
    ['a key that is misspelt', schemas.setMaxDowntime, { downtime: 12_000 }, '"downtime" is not one of its arguments'],
    ['a key of another command', schemas.target, { confirmed: true }, '"confirmed" is not one of its arguments'],
    ['a confirmation that is none', schemas.confirmedTarget, { confirmed: 'yes' }, 'confirmed must be true or false'],
    ['a name that is empty', schemas.confirmedTarget, { host: ' ' }, 'host must not be empty'],
    ['a name that is a number', schemas.host, { host: 7 }, 'host must be a text'],
    ['no object', schemas.target, 'web-1', 'its argument must be an object'],
  ])('is refused for %s, and says which', (_, schema, argument, why) => {
    expect(() => readArguments<object>('libvirt.x', schema, argument)).toThrow(`libvirt.x: ${why}.`);
  });

  it('is refused for a list', () => {
    expect(() => readArguments('libvirt.x', schemas.target, [{ host: 'hv1' }])).toThrow('must be an object');
  });

  it('may be left out, and keeps what it was given', () => {
    expect(readArguments('libvirt.x', schemas.target, undefined)).toEqual({});
    const given = { host: 'hv1', domain: 'web-1', speedMiBps: 'unlimited' };
    expect(readArguments('libvirt.x', schemas.setSpeed, given)).toEqual(given);
  });

  it('is what a tree’s row stands for', () => {
    const row = { kind: 'domain', host: 'hv1', domain: 'web-1', label: 'web-1' };
    expect(readArguments('libvirt.x', schemas.confirmedTarget, row)).toEqual({ host: 'hv1', domain: 'web-1' });
  });

  it('is the row that has the focus, for a command of the view’s header, which takes of it what it can', () => {
    const rows = [
      { kind: 'group', group: 'Rack 1' },
      { kind: 'host', host: 'hv1' },
      { kind: 'domain', host: 'hv1', domain: 'web-1' },
      { kind: 'migration', host: 'hv1', domain: 'web-1', migration: 'm1' },
      { kind: 'note', host: 'hv1', text: 'refused', icon: {} },
      { kind: 'note', host: undefined, text: 'no hosts', icon: {} },
    ];
    const read = (schema: typeof schemas.host | typeof schemas.none | typeof schemas.addHost): object[] =>
      rows.map((row) => readArguments<object>('libvirt.x', schema, row));
    const host = { host: 'hv1' };
    expect(read(schemas.host)).toEqual([{}, host, host, host, host, {}]);
    expect(read(schemas.none)).toEqual(rows.map(() => ({})));
    expect(read(schemas.addHost)).toEqual(rows.map(() => ({})));
  });

  it('has the migrations among the rows that are selected, and nothing of any other row', () => {
    const row = (migration: string) => ({ kind: 'migration', host: 'hv1', domain: 'u', migration });
    const rows = [row('a'), { kind: 'group', group: 'past' }, row('b'), 'x', { kind: 'domain', host: 'hv1' }];
    expect(readSelection(rows)).toEqual(['a', 'b']);
    expect(readSelection(undefined)).toEqual([]);
    expect(readArguments('libvirt.x', schemas.exportMigration, row('a'))).toMatchObject({ migration: 'a' });
  });
});
