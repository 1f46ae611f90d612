import { describe, expect, it } from 'vitest';
import { readArguments, schemas } from '../../../src/commands/arguments.js';
import { checkSteerable, findTarget, requireMigration } from '../../../src/commands/target.js';
import { domain, FakeFleet, FakeHypervisor, FakeMigration, FakeMigrations } from '../fakes.js';

const uuid1 = '11111111-1111-4111-8111-111111111111';
const uuid2 = '22222222-2222-4222-8222-222222222222';
const hv1 = new FakeHypervisor('hv1').with(
  domain({ uuid: uuid1, name: 'web-1' }),
  domain({ uuid: uuid2, name: uuid1 }),
);
const hv2 = new FakeHypervisor('hv2');
const fleet = new FakeFleet([hv1, hv2]);
const running = new FakeMigration({ id: 'm1', domainUuid: uuid1 });
const other = new FakeMigration({ id: 'm2', domainUuid: uuid2, domainName: 'db', state: { destination: 'hv3' } });

const find = (named: Parameters<typeof findTarget>[2], all = [running]): ReturnType<typeof findTarget> =>
  findTarget(fleet, new FakeMigrations(all), named);

describe('what a command is about', () => {
  it.each([
    ['the host and the name', { host: 'hv1', domain: 'web-1' }],
    ['the host and the UUID', { host: 'hv1', domain: uuid1 }],
    ['the destination, which stands for its migration', { host: 'hv2', domain: 'web-1' }],
    ['a name alone', { domain: 'web-1' }],
    ['a migration', { migration: 'm1' }],
    ['nothing, when one migration runs', {}],
  ])('is found by %s', (_, named) => {
    expect(find(named)).toMatchObject({ kind: 'one', target: { host: 'hv1', uuid: uuid1, migration: running } });
  });

  it('is chosen when several fit', () => {
    expect(find({}, [running, other])).toEqual({ kind: 'choose', migrations: [running, other] });
    expect(find({ host: 'hv3' }, [running, other])).toMatchObject({ kind: 'one', target: { uuid: uuid2 } });
  });

  it('is never another guest that bears its UUID as a name', () => {
    expect(find({ host: 'hv1', domain: uuid1 })).toMatchObject({ target: { uuid: uuid1, name: 'web-1' } });
  });

  it.each([
    ['a host that is not there', { host: 'hv9', domain: 'web-1' }, /no host "hv9"/],
    ['a domain that is not there', { host: 'hv1', domain: 'nope' }, /no domain "nope"/],
    ['a migration that is not known', { migration: 'm9' }, /not known any more/],
    ['a guest that does not migrate', { domain: 'nope' }, /No migration of nope is running/],
  ])('is refused for %s', (_, named, message) => {
    expect(() => find(named)).toThrow(message);
  });

  it('is refused before it is asked about where nothing may be changed', () => {
    const found = find({});
    if (found.kind !== 'one') throw new Error('one migration runs');
    expect(checkSteerable(fleet, found.target)).toBe(hv1);
    const watched = new FakeFleet([new FakeHypervisor('hv1', { readOnly: true })]);
    expect(() => checkSteerable(watched, found.target)).toThrow(/read-only/);
    expect(() => requireMigration({ ...found.target, migration: undefined })).toThrow(/No running migration of web-1/);
  });

  it('is the host on which a guest was left paused', () => {
    const left = new FakeMigration({
      id: 'm3',
      state: { phase: 'ended', outcome: { kind: 'aborted' }, leftPausedOn: 'hv2' },
    });
    expect(find({ migration: 'm3' }, [left])).toMatchObject({ target: { host: 'hv2', migration: undefined } });
  });
});

describe('arguments', () => {
  it('may be none, an object, or the row of a tree', () => {
    expect(readArguments('libvirt.abort', schemas.confirmedTarget, undefined)).toEqual({});
    const given = { host: 'hv1', domain: 'web-1', confirmed: true };
    expect(readArguments('libvirt.abort', schemas.confirmedTarget, given)).toEqual(given);
    const row = { kind: 'domain', host: 'hv1', domain: uuid1 };
    expect(readArguments('libvirt.abort', schemas.confirmedTarget, row)).toEqual({ host: 'hv1', domain: uuid1 });
  });

  it('of a row never confirm anything', () => {
    const row = { kind: 'domain', host: 'hv1', domain: uuid1, confirmed: true };
    expect(readArguments('libvirt.abort', schemas.confirmedTarget, row)).not.toHaveProperty('confirmed');
  });

  it.each([
    ['a misspelt key', { host: 'hv1', domian: 'x' }, '"domian" is not one of its arguments'],
    ['a number for a text', { host: 7 }, 'host must be a text'],
    ['a text for a number', { speedMiBps: '20 MiB/s' }, 'speedMiBps must be a number of MiB/s'],
    ['an empty domain', { domain: ' ' }, 'domain must not be empty'],
    ['no object', 'web-1', 'its argument must be an object'],
    ['a list', ['hv1'], 'its argument must be an object'],
  ])('are refused with what is wrong: %s', (_, argument, message) => {
    expect(() => readArguments('libvirt.setSpeed', schemas.setSpeed, argument)).toThrow(message);
  });
});
