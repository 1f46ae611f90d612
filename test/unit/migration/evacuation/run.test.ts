import { afterEach, describe, expect, it, vi } from 'vitest';
import { neededBytes } from '../../../../src/migration/hostMemory.js';
import { phaseOf } from '../../../../src/migration/evacuation/model.js';
import { domain, FakeMigration, mib } from '../../fakes.js';
import { planTo, settled, Window, World } from './stage.js';

const eight = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('an evacuation', () => {
  const windows: Window[] = [];
  afterEach(() => {
    for (const window of windows.splice(0)) window.evacuations.dispose();
  });

  function open(world: World): Window {
    const window = new Window(world);
    windows.push(window);
    return window;
  }

  async function begun(
    names = eight,
    settings = {},
    destinations = ['hv2'],
  ): Promise<{ world: World; window: Window }> {
    const world = new World(names);
    const window = open(world);
    await window.evacuate(planTo(names, destinations), settings);
    return { world, window };
  }

  const phase = (window: Window): string | undefined => {
    const evacuation = window.evacuations.get('hv1');
    return evacuation && phaseOf(evacuation.record);
  };

  it('moves two at a time, the next one as soon as one has ended, until the host is empty', async () => {
    const { world, window } = await begun();
    let most = 0;
    for (const name of eight) {
      most = Math.max(most, world.running.length);
      expect(world.running[0]).toBe(name);
      world.succeed(name);
      await settled();
    }
    expect(most).toBe(2);
    expect(phase(window)).toBe('ended');
    expect(world.hv1.domains.size).toBe(0);
    expect(world.starts).toHaveLength(8);
    expect(window.ended).toEqual(['hv1']);
  });

  it.each([
    ['per source', { perSource: 3, perDestination: 8 }, ['hv2'], ['a', 'b', 'c']],
    ['per destination', { perSource: 8, perDestination: 1 }, ['hv2', 'hv3'], ['a', 'b']],
    ['per destination, whatever the source allows', { perSource: 8, perDestination: 2 }, ['hv2'], ['a', 'b']],
  ])('never has more under way than allowed %s', async (_, settings, destinations, expected) => {
    const { world } = await begun(eight, settings, destinations);
    expect(world.running).toEqual(expected);
  });

  it('counts what another evacuation sends to the same destination', async () => {
    const world = new World(['a', 'b', 'x', 'y']);
    const window = open(world);
    await window.evacuate(planTo(['a', 'b']));
    await window.evacuations.start(
      { ...planTo(['x', 'y']), source: 'hv3' },
      { perSource: 2, perDestination: 2, options: {} },
      { hv2: { destinationUri: 'qemu+ssh://hv2/system', migrationUri: undefined } },
    );
    await settled();
    expect(world.running).toEqual(['a', 'b']);
    world.succeed('a');
    await settled();
    expect(world.running).toEqual(['b', 'x']);
  });

  it('begins with the shortest and leaves for last what would not converge', async () => {
    const world = new World(['never', 'long', 'unknown', 'short']);
    world.expectations.set('never', { converges: false, timeMs: undefined });
    world.expectations.set('long', { timeMs: 90_000 });
    world.expectations.set('unknown', { converges: undefined, timeMs: undefined });
    world.expectations.set('short', { timeMs: 2000 });
    const window = open(world);
    await window.evacuate(planTo(['never', 'long', 'unknown', 'short']), { perSource: 1 });
    for (const name of ['short', 'long', 'unknown', 'never']) {
      expect(world.running).toEqual([name]);
      world.succeed(name);
      await settled();
    }
  });

  it('one that is stuck holds its slot only: all others go on beside it', async () => {
    const { world, window } = await begun();
    for (const name of eight.slice(1)) {
      world.succeed(name);
      await settled();
    }
    expect(world.running).toEqual(['a']);
    expect(phase(window)).toBe('running');
    world.succeed('a');
    await settled();
    expect(phase(window)).toBe('ended');
  });

  it('one that fails its pre-flight is never started, and says why', async () => {
    const world = new World(['a', 'b']);
    world.failing.set('a', { title: 'Networks of hv2', reason: 'there is no bridge br7.', advice: 'Make it there.' });
    const window = open(world);
    await window.evacuate(planTo(['a', 'b']));
    expect(window.item('a').state).toEqual({
      kind: 'failed',
      reason: 'Networks of hv2: there is no bridge br7.',
      advice: 'Make it there.',
    });
    expect(world.running).toEqual(['b']);
  });

  it('a warning goes on, and is kept', async () => {
    const world = new World(['a']);
    world.failing.set('a', { verdict: 'warned', title: 'Clock', reason: 'hv2 is a minute ahead.' });
    const window = open(world);
    await window.evacuate(planTo(['a']));
    expect(window.item('a')).toMatchObject({
      state: { kind: 'migrating' },
      forecast: { warnings: ['Clock: hv2 is a minute ahead.'] },
    });
  });

  it('one that is refused or fails on its way keeps libvirt’s words, and the others go on', async () => {
    const world = new World(['a', 'b', 'c']);
    world.refusals.set('a', new Error('hv1: domain a exists on hv2 already'));
    const window = open(world);
    await window.evacuate(planTo(['a', 'b', 'c']));
    world.fail('b', 'error: internal error: unable to execute QEMU command');
    await settled();
    expect(window.item('a').state).toMatchObject({ kind: 'failed', reason: 'hv1: domain a exists on hv2 already' });
    expect(window.item('b').state).toMatchObject({ kind: 'failed', reason: /unable to execute/ });
    expect(world.running).toEqual(['c']);
  });

  it('a failed one is tried again from its pre-flight on', async () => {
    const { world, window } = await begun(['a', 'b']);
    world.fail('a', 'error: no route to host');
    world.succeed('b');
    await settled();
    expect(phase(window)).toBe('ended');
    const checks = world.checked.length;
    await window.evacuations.perform('hv1', { kind: 'retry', domain: 'a' });
    await settled();
    expect(world.checked.slice(checks)).toEqual(['a']);
    expect(world.running).toEqual(['a']);
    world.succeed('a');
    await settled();
    expect(window.states).toEqual(['b: done', 'a: done']);
  });

  it('one that is tried again after the rest has ended goes at once, though the evacuation had been stopped', async () => {
    const { world, window } = await begun(['a', 'b', 'c'], { perSource: 1 });
    await window.evacuations.perform('hv1', { kind: 'stopAfterThis' });
    await window.evacuations.perform('hv1', { kind: 'skip', domain: 'b' });
    await window.evacuations.perform('hv1', { kind: 'skip', domain: 'c' });
    world.succeed('a');
    await settled();
    expect(phase(window)).toBe('ended');
    await window.evacuations.perform('hv1', { kind: 'retry', domain: 'b' });
    await settled();
    expect(world.running).toEqual(['b']);
    // While others wait for the word, it waits with them.
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await settled();
    await window.evacuations.perform('hv1', { kind: 'retry', domain: 'c' });
    await settled();
    expect([phase(window), window.states]).toEqual(['stopped', ['a: done', 'c: waiting', 'b: cancelled']]);
    expect(world.running).toEqual([]);
  });

  it('one that failed, or waits, is sent to another host instead, by the way to that one', async () => {
    const { world, window } = await begun(['a', 'b', 'c'], { perSource: 2 });
    const route = { destinationUri: 'qemu+tcp://hv3/system', migrationUri: undefined };
    const redirect = (domain: string): Promise<void> =>
      window.evacuations.perform('hv1', { kind: 'redirect', domain, destination: 'hv3', route });
    world.fail('a', 'error: no route to host');
    await settled();
    expect(window.states).toEqual(['a: failed', 'b: migrating', 'c: migrating']);
    await redirect('a');
    await settled();
    expect(window.item('a')).toMatchObject({ destination: 'hv3', state: { kind: 'waiting' } });
    world.succeed('b');
    await settled();
    expect(world.starts.at(-1)?.request).toMatchObject({ domainUuid: 'a', destination: 'hv3', ...route });
    await expect(redirect('c')).rejects.toThrow("c can't be sent elsewhere now.");
    world.succeed('a');
    world.succeed('c');
    await settled();
    expect([...world.hv3.domains.keys()]).toEqual(['a']);
    expect(phase(window)).toBe('ended');
  });

  it('what was foretold long ago is checked again right before it starts', async () => {
    const { world, window } = await begun(['a', 'b', 'c'], { perSource: 1 });
    world.now += 61_000;
    world.failing.set('b', { reason: 'hv2 is full by now.' });
    world.succeed('a');
    await settled();
    expect(world.checked).toEqual(['a', 'b', 'c', 'b', 'c']);
    expect(window.states).toEqual(['a: done', 'b: failed', 'c: migrating']);
  });

  it('a waiting one that is skipped is passed over', async () => {
    const { world, window } = await begun(['a', 'b', 'c', 'd']);
    await window.evacuations.perform('hv1', { kind: 'skip', domain: 'c' });
    world.succeed('a');
    await settled();
    expect(world.running).toEqual(['b', 'd']);
    expect(window.item('c').state.kind).toBe('skipped');
    await expect(window.evacuations.perform('hv1', { kind: 'skip', domain: 'c' })).rejects.toThrow(/nothing to skip/);
  });

  it('a running one that is skipped is aborted, and the next one takes its slot', async () => {
    const { world, window } = await begun(['a', 'b', 'c']);
    await window.evacuations.perform('hv1', { kind: 'skip', domain: 'a' });
    await settled();
    expect(window.aborted).toEqual(['abort a']);
    expect(window.states).toEqual(['a: skipped', 'b: migrating', 'c: migrating']);
    expect(world.hv1.domains.has('a')).toBe(true);
  });

  it('one that libvirt will not abort says so, and is done when it arrives after all', async () => {
    const { world, window } = await begun(['a', 'b']);
    world.abortRefusal = 'hv1: cannot abort migration in post-copy mode';
    await window.evacuations.perform('hv1', { kind: 'skip', domain: 'a' });
    await settled();
    expect(window.item('a')).toMatchObject({
      state: { kind: 'migrating' },
      note: 'It could not be aborted, and is tried again: hv1: cannot abort migration in post-copy mode',
    });
    world.succeed('a');
    await settled();
    expect(window.item('a')).toMatchObject({ state: { kind: 'done' }, note: undefined });
  });

  it('what it still brings to a host is not given away: all while it runs, stopped what is on its way', async () => {
    const { window } = await begun(['a', 'b', 'c', 'd']);
    const one = neededBytes({ memoryBytes: 128 * mib });
    expect(window.evacuations.reservedOn('hv2')).toBe(4 * one);
    await window.evacuations.perform('hv1', { kind: 'stopAfterThis' });
    expect(window.evacuations.reservedOn('hv2')).toBe(2 * one);
    expect(window.evacuations.reservedOn('hv3')).toBe(0);
  });

  it('stopped after this: what runs is finished, nothing new begins, and it can be gone on with', async () => {
    const { world, window } = await begun(['a', 'b', 'c', 'd']);
    await window.evacuations.perform('hv1', { kind: 'stopAfterThis' });
    expect(phase(window)).toBe('stopping');
    world.succeed('a');
    world.succeed('b');
    await settled();
    expect(phase(window)).toBe('stopped');
    expect(window.states).toEqual(['a: done', 'b: done', 'c: waiting', 'd: waiting']);
    expect(window.aborted).toEqual([]);
    await window.evacuations.perform('hv1', { kind: 'resume' });
    await settled();
    expect(world.running).toEqual(['c', 'd']);
  });

  it('stopped at once: what runs is aborted, the rest is cancelled, all stay on their host; resumed, they go', async () => {
    const { world, window } = await begun(['a', 'b', 'c', 'd'], { perSource: 2 });
    world.succeed('a');
    await settled();
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await settled();
    expect(window.states).toEqual(['a: done', 'b: cancelled', 'c: cancelled', 'd: cancelled']);
    expect(window.aborted).toEqual(['abort b', 'abort c']);
    expect(phase(window)).toBe('stopped');
    expect([...world.hv1.domains.keys()]).toEqual(['b', 'c', 'd']);
    await window.evacuations.perform('hv1', { kind: 'resume' });
    await settled();
    expect(world.running).toEqual(['b', 'c']);
  });

  it('its own migrations are told from those that somebody starts by hand, before, in between and after', async () => {
    const { world, window } = await begun(['a', 'b'], { perSource: 1 });
    const begunAtMs = world.now;
    const isIts = (uuid: string, afterMs: number): boolean =>
      window.evacuations.includes('hv1', uuid, begunAtMs + afterMs);
    expect([isIts('a', -1), isIts('a', 0), isIts('a', 5000), isIts('b', 0)]).toEqual([false, true, true, false]);
    world.now += 10_000;
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await settled();
    expect(phase(window)).toBe('stopped');
    world.now += 10_000;
    expect([isIts('a', 10_000), isIts('a', 15_000), isIts('a', 20_000)]).toEqual([true, false, false]);
    await window.evacuations.perform('hv1', { kind: 'resume' });
    await settled();
    expect([isIts('a', 5000), isIts('a', 15_000), isIts('a', 20_000)]).toEqual([true, false, true]);
  });

  it('stopped while its host is away: what migrates is aborted as soon as it is back, and says that it waits for that', async () => {
    const { world, window } = await begun(['a', 'b']);
    world.hv1.status = { kind: 'disconnected' };
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await settled();
    expect(world.abortsSent).toBe(0);
    expect(window.item('a').note).toBe('It is to be aborted, as soon as hv1 is connected.');
    await world.hv1.connect();
    world.fleet.changed.fire();
    await settled();
    expect(window.aborted).toEqual(['abort a', 'abort b']);
    expect(window.states).toEqual(['a: cancelled', 'b: cancelled']);
  });

  it('one that will not be aborted is tried for as long as it is wanted, and at once when asked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { world, window } = await begun(['a']);
    world.abortRefusal = 'hv1: timed out';
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    for (let second = 0; second < 60; second += 1) {
      vi.advanceTimersByTime(1000);
      await settled();
    }
    vi.useRealTimers();
    const sent = world.abortsSent;
    expect(sent).toBeGreaterThan(15);
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await settled();
    expect(world.abortsSent).toBe(sent + 1);
    world.abortRefusal = undefined;
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await settled();
    expect(window.states).toEqual(['a: cancelled']);
  });

  it('resumed while it is still being aborted: what is aborted then waits for its turn and goes', async () => {
    const { world, window } = await begun(['a']);
    world.abortRefusal = 'hv1: timed out';
    await window.evacuations.perform('hv1', { kind: 'stopAll' });
    await settled();
    await window.evacuations.perform('hv1', { kind: 'resume' });
    world.fail('a', 'operation aborted: migration out job: canceled by client');
    await settled();
    expect(window.states).toEqual(['a: migrating']);
    expect(world.starts).toHaveLength(2);
  });

  it('stopped while it looks ahead: the pre-flights are given up, and nothing starts', async () => {
    const world = new World(['a', 'b']);
    let open_: () => void = () => undefined;
    world.gate = new Promise((resolve) => (open_ = resolve));
    const window = open(world);
    await window.evacuate(planTo(['a', 'b']));
    expect(window.states).toEqual(['a: checking', 'b: checking']);
    await window.evacuations.perform('hv1', { kind: 'stopAfterThis' });
    open_();
    await settled();
    expect(window.states).toEqual(['a: waiting', 'b: waiting']);
    expect(world.starts).toEqual([]);
  });

  it('begins nothing towards a host that is gone, lets the others pass, and goes on when it is back', async () => {
    const world = new World(['a', 'b', 'c', 'd']);
    world.hv2.status = { kind: 'disconnected' };
    const window = open(world);
    await window.evacuate(planTo(['a', 'b', 'c', 'd'], ['hv2', 'hv3']));
    expect(world.running).toEqual(['b', 'd']);
    world.succeed('b');
    await settled();
    expect(window.item('a').state.kind).toBe('waiting');
    await world.hv2.connect();
    world.fleet.changed.fire();
    await settled();
    expect(world.running).toEqual(['d', 'a']);
  });

  it('one whose start can not be written down is not started', async () => {
    const { world, window } = await begun(['a', 'b'], { perSource: 1 });
    world.storage.full = true;
    world.succeed('a');
    await settled();
    expect(world.starts).toHaveLength(1);
    expect(window.item('b').state).toMatchObject({ kind: 'failed', reason: /could not be written down/ });
    expect(window.said.join('\n')).toContain('no space left on device');
  });

  it('one whose record can not be written is not begun, and can be once there is room again', async () => {
    const world = new World(['a', 'b']);
    const window = open(world);
    vi.spyOn(world.storage, 'replace').mockRejectedValueOnce(new Error('no space left on device'));
    await expect(window.evacuate(planTo(['a', 'b']))).rejects.toThrow('no space left on device');
    expect(world.starts).toHaveLength(0);
    await window.evacuate(planTo(['a', 'b']));
    expect(window.states).toEqual(['a: migrating', 'b: migrating']);
    // The lease is this window's again: it still may write, and gives it back in the end.
    world.succeed('a');
    world.succeed('b');
    await settled();
    expect(phase(window)).toBe('ended');
    await window.evacuations.read();
    expect(window.evacuations.get('hv1')?.elsewhere).toBe(false);
  });

  it('one whose virsh can not tell its end any more is looked for on both hosts', async () => {
    const { world, window } = await begun(['a', 'b']);
    const guest = world.hv1.domains.get('a');
    world.hv1.domains.delete('a');
    if (guest !== undefined) world.hv2.with(guest);
    world.end('a', { kind: 'unknown', endedAtMs: world.now, text: 'its output is gone' });
    world.end('b', { kind: 'unknown', endedAtMs: world.now, text: 'its output is gone' });
    await settled();
    expect(window.states).toEqual(['a: done', 'b: failed']);
    expect(window.item('b').state).toMatchObject({ reason: 'its output is gone' });
  });

  it('one whose post-copy broke off keeps its slot and says so until it is resumed and ends', async () => {
    const { world, window } = await begun(['a', 'b', 'c']);
    const half = { uuid: 'a', name: 'a', memoryBytes: 128 * mib, reason: 'post-copy failed' };
    world.hv1.with(domain({ ...half, state: 'paused' }));
    world.hv2.with(domain({ ...half, state: 'running' }));
    world.fail('a', "error: operation failed: job 'migration in' failed in post-copy phase");
    await settled();
    expect(window.item('a')).toMatchObject({ state: { kind: 'migrating' }, note: /half of it is on each host/ });
    expect(window.states).toEqual(['a: migrating', 'b: migrating', 'c: waiting']);
    world.hv1.domains.delete('a');
    world.hv2.with(domain({ ...half, reason: 'migrated' }));
    window.migrations.ended.fire(new FakeMigration({ domainUuid: 'a' }));
    await settled();
    expect(window.states).toEqual(['a: done', 'b: migrating', 'c: migrating']);
    expect(window.item('a').note).toBeUndefined();
  });

  it('what is left of one whose post-copy can not be resumed any more has failed, and says where', async () => {
    const { world, window } = await begun(['a']);
    world.hv1.domains.delete('a');
    world.hv2.with(domain({ uuid: 'a', name: 'a', state: 'paused', reason: 'post-copy failed' }));
    world.fail('a', "error: operation failed: job 'migration in' failed in post-copy phase");
    await settled();
    window.migrations.ended.fire(new FakeMigration({ domainUuid: 'a' }));
    await settled();
    expect(window.item('a').state).toMatchObject({ kind: 'failed', reason: /half of it is left on hv2/ });
  });

  it.each<[string, string, (world: World) => void, object]>([
    ['arrived, but did not leave', 'succeeded', () => undefined, { kind: 'failed', reason: /has not left/ }],
    [
      'failed, but it is there',
      'failed',
      (world) => {
        world.hv1.domains.delete('a');
        world.hv2.with(domain({ uuid: 'a', name: 'a' }));
      },
      { kind: 'done', seen: { on: 'destination', paused: false } },
    ],
    [
      'failed, and it runs on both',
      'failed',
      (world) => world.hv2.with(domain({ uuid: 'a', name: 'a' })),
      { kind: 'failed', reason: /on hv1 and on hv2; error: it broke/, seen: { on: 'both' } },
    ],
    [
      'failed, and it runs nowhere',
      'failed',
      (world) => world.hv1.domains.delete('a'),
      { kind: 'failed', reason: /neither on hv1 nor on hv2; error: it broke/, seen: { on: 'nowhere' } },
    ],
    [
      'failed, while its remains are still being removed there',
      'failed',
      (world) => world.hv2.with(domain({ uuid: 'a', name: 'a', state: 'paused', reason: 'migrating' })),
      { kind: 'failed', reason: 'error: it broke', seen: { on: 'source', paused: false } },
    ],
  ])('virsh’s word is not believed unseen: it %s', async (_, word, happen, state) => {
    const { world, window } = await begun(['a']);
    happen(world);
    if (word === 'failed') world.fail('a', 'error: it broke');
    else world.end('a', { kind: 'succeeded', endedAtMs: world.now });
    await settled();
    // Such news is confirmed by a second look.
    window.migrations.ended.fire(new FakeMigration({ domainUuid: 'a' }));
    await settled();
    expect(window.item('a').state).toMatchObject(state);
  });

  it('a paused one arrives paused, and that is said', async () => {
    const { world, window } = await begun(['a']);
    world.hv1.with(domain({ uuid: 'a', name: 'a', state: 'paused', reason: 'user' }));
    world.succeed('a');
    await settled();
    expect(window.item('a').state).toMatchObject({ kind: 'done', seen: { on: 'destination', paused: true } });
  });

  it('one that was to be skipped and is then on both hosts is an alarm, not one that was skipped', async () => {
    const { world, window } = await begun(['a']);
    world.hv2.with(domain({ uuid: 'a', name: 'a' }));
    await window.evacuations.perform('hv1', { kind: 'skip', domain: 'a' });
    await settled();
    window.migrations.ended.fire(new FakeMigration({ domainUuid: 'a' }));
    await settled();
    expect(window.item('a').state).toMatchObject({ kind: 'failed', reason: /on hv1 and on hv2/ });
  });

  it('one that arrived on a host which can not be asked now is done once that host says so', async () => {
    const { world, window } = await begun(['a']);
    world.hv2.status = { kind: 'disconnected' };
    world.succeed('a');
    await settled();
    expect(window.item('a')).toMatchObject({ state: { kind: 'migrating' }, note: /until hv2 is connected/ });
    await world.hv2.connect();
    world.fleet.changed.fire();
    await settled();
    expect(window.item('a').state.kind).toBe('done');
  });
});

describe('an evacuation whose window goes', () => {
  async function reloaded(
    names: readonly string[],
    before: (world: World, window: Window) => Promise<void> | void,
    away: (world: World) => void = () => undefined,
  ): Promise<{ world: World; window: Window }> {
    const world = new World(names);
    const first = new Window(world);
    await first.evacuate(planTo(names));
    await before(world, first);
    await settled();
    first.kill();
    away(world);
    await settled();
    world.storage.full = false;
    const window = new Window(world);
    await window.evacuations.open();
    await settled();
    return { world, window };
  }

  it('is gone on with by the next one, and nothing is started twice', async () => {
    const { world, window } = await reloaded(['a', 'b', 'c', 'd'], (w) => w.succeed('a'));
    expect(window.states).toEqual(['a: done', 'b: migrating', 'c: migrating', 'd: waiting']);
    expect(world.starts).toHaveLength(3);
    world.succeed('b');
    await settled();
    expect(world.running).toEqual(['c', 'd']);
    window.evacuations.dispose();
  });

  it('finds out what ended meanwhile, well or not', async () => {
    const { world, window } = await reloaded(
      ['a', 'b', 'c', 'd'],
      () => undefined,
      (w) => {
        w.succeed('a');
        w.fail('b', 'error: connection reset');
      },
    );
    expect(window.states).toEqual(['a: done', 'b: failed', 'c: migrating', 'd: migrating']);
    expect(world.starts).toHaveLength(4);
    window.evacuations.dispose();
  });

  it('finds a start that was sent, but of which it had not heard', async () => {
    const world = new World(['a', 'b']);
    world.held.add('a');
    const first = new Window(world);
    await first.evacuate(planTo(['a', 'b']));
    expect(first.item('a').state.kind).toBe('starting');
    first.kill();
    world.storage.full = false;
    const window = new Window(world);
    await window.evacuations.open();
    await settled();
    expect(window.states).toEqual(['a: migrating', 'b: migrating']);
    expect(world.starts).toHaveLength(2);
    world.succeed('a');
    await settled();
    expect(window.item('a').state.kind).toBe('done');
    window.evacuations.dispose();
  });

  it('starts what was written down but never sent, once the hosts say that it still runs on its source', async () => {
    const { world, window } = await reloaded(
      ['a', 'b'],
      () => undefined,
      (w) => {
        // The start of a never left the window that died.
        w.starts.shift();
        const [key, text] = [...w.storage.files].find(([file]) => file.endsWith('.json')) ?? ['', ''];
        const start = { kind: 'starting', atMs: w.now };
        const file = JSON.parse(text) as { evacuation: { items: { uuid: string; state: object }[] } };
        for (const item of file.evacuation.items) if (item.uuid === 'a') item.state = start;
        w.storage.files.set(key, JSON.stringify(file));
      },
    );
    expect(window.item('a').state.kind).toBe('migrating');
    expect(world.starts.map(({ request }) => request.domainUuid)).toEqual(['b', 'a']);
    window.evacuations.dispose();
  });

  it('waits for both hosts before it says how one ended that the starter knows nothing of', async () => {
    const { world, window } = await reloaded(
      ['a', 'b'],
      () => undefined,
      (w) => {
        w.succeed('a');
        w.starts.shift();
        w.hv2.status = { kind: 'connecting' };
      },
    );
    expect(window.item('a')).toMatchObject({ state: { kind: 'migrating' }, note: /until hv2 is connected/ });
    await world.hv2.connect();
    world.fleet.changed.fire();
    await settled();
    expect(window.item('a')).toMatchObject({ state: { kind: 'done' }, note: undefined });
    window.evacuations.dispose();
  });

  it('goes on aborting what it was told to skip', async () => {
    const { window } = await reloaded(
      ['a', 'b', 'c'],
      async (w, first) => {
        w.abortRefusal = 'hv1: no job is active on the domain';
        await first.evacuations.perform('hv1', { kind: 'skip', domain: 'a' });
        await settled();
      },
      (w) => (w.abortRefusal = undefined),
    );
    expect(window.aborted).toEqual(['abort a']);
    expect(window.item('a').state.kind).toBe('skipped');
    window.evacuations.dispose();
  });

  it.each([
    ['stopped', { kind: 'stopAfterThis' } as const, ['a: migrating', 'b: migrating', 'c: waiting']],
    ['stopped at once', { kind: 'stopAll' } as const, ['a: cancelled', 'b: cancelled', 'c: cancelled']],
  ])('stays %s over a reload', async (_, command, states) => {
    const { world, window } = await reloaded(['a', 'b', 'c'], (_world, first) =>
      first.evacuations.perform('hv1', command),
    );
    expect(window.states).toEqual(states);
    expect(world.starts).toHaveLength(2);
    window.evacuations.dispose();
  });
});

describe('two windows', () => {
  it('one runs an evacuation and the other looks on, can not steer it, and can not begin a second one', async () => {
    const world = new World(['a', 'b', 'c']);
    const [one, two] = [new Window(world), new Window(world)];
    await one.evacuate(planTo(['a', 'b', 'c']));
    await two.evacuations.open();
    await settled();
    expect(two.evacuations.get('hv1')).toMatchObject({ elsewhere: true });
    expect(two.states).toEqual(one.states);
    await expect(two.evacuations.perform('hv1', { kind: 'stopAll' })).rejects.toThrow(/Another window runs/);
    await expect(two.evacuate(planTo(['a']))).rejects.toThrow(/being evacuated already/);
    await expect(one.evacuate(planTo(['a']))).rejects.toThrow(/being evacuated already/);
    expect(world.starts).toHaveLength(2);
    one.evacuations.dispose();
    two.evacuations.dispose();
  });

  describe.each([
    ['hears of the other’s starts', true],
    ['hears of its own starts only', false],
  ])('both open before it began; the other’s starter %s', (_, followsOthers) => {
    afterEach(() => vi.useRealTimers());

    async function takenOver(): Promise<{ world: World; one: Window; two: Window }> {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const world = new World(['a', 'b', 'c', 'd']);
      world.followsOthers = followsOthers;
      const [one, two] = [new Window(world), new Window(world)];
      await one.evacuations.open();
      await two.evacuations.open();
      await one.evacuate(planTo(['a', 'b', 'c', 'd']));
      expect(two.evacuations.get('hv1')).toBeUndefined();
      vi.advanceTimersByTime(3000);
      await settled();
      expect(two.evacuations.get('hv1')).toMatchObject({ elsewhere: true });
      one.evacuations.dispose();
      await settled();
      vi.advanceTimersByTime(3000);
      await settled();
      return { world, one, two };
    }

    it('the other learns of it, takes it over when the first is closed, and starts nothing twice', async () => {
      const { world, two } = await takenOver();
      expect(two.evacuations.get('hv1')).toMatchObject({ elsewhere: false });
      expect(two.states).toEqual(['a: migrating', 'b: migrating', 'c: waiting', 'd: waiting']);
      world.succeed('a');
      await settled();
      expect(two.states).toEqual(['a: done', 'b: migrating', 'c: migrating', 'd: waiting']);
      expect(world.starts).toHaveLength(3);
      two.evacuations.dispose();
    });

    it('one that fails then is told in libvirt’s words', async () => {
      const { world, two } = await takenOver();
      world.fail('b', 'error: internal error: unable to execute QEMU command');
      await settled();
      expect(two.item('b').state).toMatchObject({ kind: 'failed', reason: /unable to execute QEMU/ });
      two.evacuations.dispose();
    });
  });

  it('a second evacuation of the host, which another window begins, is seen too', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const world = new World(['a', 'b']);
    const [one, two] = [new Window(world), new Window(world)];
    await one.evacuate(planTo(['a']));
    world.succeed('a');
    await settled();
    await two.evacuations.open();
    expect(two.states).toEqual(['a: done']);
    await one.evacuate(planTo(['b']));
    vi.advanceTimersByTime(3000);
    await settled();
    vi.useRealTimers();
    expect(two.states).toEqual(['b: migrating']);
    one.evacuations.dispose();
    two.evacuations.dispose();
  });

  it('one that slept for long finds that it was taken over, and starts nothing', async () => {
    const world = new World(['a', 'b', 'c']);
    const [one, two] = [new Window(world), new Window(world)];
    await one.evacuate(planTo(['a', 'b', 'c']));
    world.now += 60_000;
    await two.evacuations.open();
    await settled();
    expect(two.evacuations.get('hv1')).toMatchObject({ elsewhere: false });
    world.succeed('a');
    await settled();
    expect(one.evacuations.get('hv1')).toMatchObject({ elsewhere: true });
    expect(world.starts.map(({ request }) => request.domainUuid)).toEqual(['a', 'b', 'c']);
    one.evacuations.dispose();
    two.evacuations.dispose();
  });
});
