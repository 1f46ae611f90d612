import { describe, expect, it } from 'vitest';
import type { GuestPlace } from '../../../src/migration/model.js';
import { AlarmNews, alarmOf } from '../../../src/views/alarms.js';
import { FakeFleet, FakeHypervisor, FakeMigration } from '../fakes.js';

const fleet = new FakeFleet([new FakeHypervisor('hv1'), new FakeHypervisor('hv2', { readOnly: true })]);
const paused = (on: string): GuestPlace => ({
  kind: 'wrong',
  problem: 'paused',
  short: `guest left paused on ${on}`,
  text: `The guest is paused on ${on}, and runs nowhere.`,
  advice: `Resume it on ${on}.`,
  resumeOn: on,
});
const ended = (place: GuestPlace): FakeMigration =>
  new FakeMigration({ state: { phase: 'ended', outcome: { kind: 'aborted' }, place } });

describe('an alarm about a guest', () => {
  it('says where it stands still, and resumes it where that may be done from here', () => {
    expect(alarmOf(ended(paused('hv1')), fleet)).toEqual({
      text: "The migration of 'web-1' has ended. The guest is paused on hv1, and runs nowhere. Resume it on hv1.",
      remedy: { command: 'libvirt.resume', title: 'Resume', arguments: [{ host: 'hv1', domain: 'uuid-1' }] },
    });
    expect(alarmOf(ended(paused('hv2')), fleet)?.remedy).toBeUndefined();
  });

  it('offers no Resume where two copies are about', () => {
    const twice: GuestPlace = { ...paused('hv1'), problem: 'pausedTwice' } as GuestPlace;
    expect(alarmOf(ended(twice), fleet)).toMatchObject({ remedy: undefined });
  });

  it('is given of a post-copy that broke off, with a button to go on', () => {
    const interrupted = new FakeMigration({ state: { phase: 'postcopyInterrupted' } });
    expect(alarmOf(interrupted, fleet)).toMatchObject({
      text: expect.stringContaining('stands still, half on each host') as string,
      remedy: { command: 'libvirt.resumePostcopy', arguments: [{ migration: 'migration-1' }] },
    });
  });

  it('is none where all is well, or nobody can tell', () => {
    expect(alarmOf(ended({ kind: 'fine', on: 'hv1' }), fleet)).toBeUndefined();
    expect(alarmOf(ended({ kind: 'unknown', text: '' }), fleet)).toBeUndefined();
    expect(alarmOf(new FakeMigration(), fleet)).toBeUndefined();
  });

  it('is given once, and again when it is another', () => {
    const news = new AlarmNews();
    const migration = new FakeMigration();
    const given = (): string[] => news.of([migration], fleet).map(({ alarm }) => alarm.text);
    expect(given()).toEqual([]);
    migration.become({ phase: 'postcopyInterrupted' });
    expect(given()).toHaveLength(1);
    expect(given()).toEqual([]);
    migration.become({ phase: 'ended', outcome: { kind: 'aborted' }, place: paused('hv1') });
    expect(given()).toHaveLength(1);
    migration.become({ place: { kind: 'fine', on: 'hv1' } });
    expect(given()).toEqual([]);
  });

  it('is not given again in the next window of what has ended, but of what still stands still', () => {
    expect(new AlarmNews().of([ended(paused('hv1'))], fleet)).toEqual([]);
    const interrupted = new FakeMigration({ state: { phase: 'postcopyInterrupted' } });
    expect(new AlarmNews().of([interrupted], fleet)).toHaveLength(1);
  });
});
