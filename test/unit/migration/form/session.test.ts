import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../../src/base/errors.js';
import { type FormRequest, FormSession } from '../../../../src/migration/form/session.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';
import type { FormField, FormView } from '../../../../src/panel/formProtocol.js';
import { everything, FakeHypervisor, FakeMigration, mib } from '../../fakes.js';
import { converges, failed, FormScene, passed, uuid } from './formFakes.js';

describe('the form that starts a migration', () => {
  let scene: FormScene;
  let session: FormSession;

  beforeEach(() => {
    vi.useFakeTimers();
    scene = new FormScene();
  });
  afterEach(() => {
    session.dispose();
    vi.useRealTimers();
  });

  /** Opened, and all that is found out at once found out. */
  async function open(request: Partial<FormRequest> = {}): Promise<FormSession> {
    session = new FormSession(scene.services, scene.actions, { host: 'hv1', domainUuid: uuid, ...request });
    await settle();
    return session;
  }

  /** Lets what is answered be answered, and the pause of typing pass. */
  async function settle(): Promise<void> {
    await vi.advanceTimersByTimeAsync(1000);
  }

  function choose(destination: string): Promise<void> {
    session.receive({ type: 'text', field: 'destination', text: destination });
    return settle();
  }

  function press(button: 'check' | 'migrate' | 'cancel' | 'savePreset' | 'editPresets'): Promise<void> {
    session.receive({ type: 'press', button });
    return settle();
  }

  function field({ destination, way, preset, groups }: FormView, id: string): FormField | undefined {
    return [destination, ...way, preset, ...groups.flatMap(({ fields }) => fields)].find((one) => one.id === id);
  }

  const toHv2 = { target: { kind: 'host', name: 'hv2' } } as const;

  it('says who, from where, and offers the other hosts, connected ones first, with what memory they have', async () => {
    const hv3 = new FakeHypervisor('hv3');
    hv3.disconnect();
    scene.fleet.hypervisors = [hv3, ...scene.fleet.hypervisors, new FakeHypervisor('hv4', { readOnly: true })];
    const { view } = await open();
    expect(view.guest).toEqual({ name: 'web-1', title: 'The shop', about: 'running · 512 MiB of memory · 2 vCPUs' });
    expect(view.source).toBe('hv1');
    expect(view.destination.choices.map(({ label }) => label)).toEqual([
      'Choose a host…',
      'hv2 · 5.00 MiB free',
      'hv4 · read-only',
      'hv3 · not connected',
      'Another URI…',
    ]);
    expect(view.way).toEqual([]);
    expect(view.start).toEqual({ enabled: false, busy: false, why: 'Choose a destination.' });
    expect(view.line).toBeUndefined();
  });

  it('works the way out once a destination is chosen, fills it in, and offers the others that were found', async () => {
    await open();
    await choose('host hv2');
    const { view } = session;
    expect(scene.routes.asked).toEqual(['hv1 hv2']);
    expect(view.way.map(({ text }) => text)).toEqual(['qemu+tcp://hv2/system', 'tcp://192.0.2.2']);
    expect(view.wayNote).toEqual({ tone: 'good', text: 'hv2 answers hv1 by qemu+tcp.' });
    expect(view.otherWays).toEqual([
      { label: 'qemu+ssh://root@hv2/system', answers: false, reason: 'Host key verification failed.' },
    ]);
    session.receive({ type: 'way', index: 0 });
    expect(session.view.way.map(({ text }) => text)).toEqual(['qemu+ssh://root@hv2/system', '']);
    expect(session.view.wayNote).toEqual({ tone: 'bad', text: 'Host key verification failed.' });
  });

  it('shows the exact line as it would run, live, and copies it', async () => {
    await open(toHv2);
    expect(session.view.line).toBe(
      `virsh migrate --live --persistent --undefinesource --p2p -- ${uuid} qemu+tcp://hv2/system tcp://192.0.2.2`,
    );
    session.receive({ type: 'text', field: 'bandwidthMiBps', text: '1 GiB/s' });
    expect(session.view.line).toContain('--bandwidth 1024');
    session.receive({ type: 'copy', text: session.view.line ?? '' });
    expect(scene.told).toEqual([`copy ${session.view.line ?? ''}`]);
  });

  it('keeps a domain that is defined nowhere as it is', async () => {
    scene.hv1.persistent = false;
    await open(toHv2);
    expect(session.view.line).not.toMatch(/--persistent|--undefinesource/);
  });

  it('looks at both hosts by itself on opening, and again when the way or the disks change, but not at each key', async () => {
    await open(toHv2);
    expect(scene.preflight.runs).toHaveLength(1);
    expect(session.view.preflight.summary).toEqual({ tone: 'good', text: '1 passed.' });
    expect(session.view.preflight.expectation).toEqual({ tone: 'good', text: 'It takes about 26 s.' });
    // Behind what is shown, for the forecast.
    expect(scene.preflight.watched.map(({ aborted }) => aborted)).toEqual([false]);
    for (const text of ['tcp://192.0.2', 'tcp://192.0.2.', 'tcp://192.0.2.9']) {
      session.receive({ type: 'text', field: 'migrationUri', text });
    }
    expect(session.view.preflight).toMatchObject({ running: true, checks: [] });
    await settle();
    expect(scene.preflight.watched.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(scene.preflight.runs).toHaveLength(2);
    expect(scene.preflight.runs[1]?.request.migrationUri).toBe('tcp://192.0.2.9');
    session.receive({ type: 'text', field: 'storage', text: 'copyAll' });
    await settle();
    expect(scene.preflight.runs).toHaveLength(3);
    session.receive({ type: 'flag', field: 'autoConverge', on: true });
    await settle();
    expect(scene.preflight.runs).toHaveLength(3);
    expect(session.view.preflight.summary.text).toMatch(/options have changed since/);
    await press('check');
    expect(scene.preflight.runs).toHaveLength(4);
    expect(session.view.preflight.summary.text).toBe('1 passed.');
  });

  it('shows each line as it is known, in one order, and those of a pre-flight that is no longer wanted not at all', async () => {
    scene.preflight.report = undefined;
    await open(toHv2);
    scene.preflight.onCheck?.(failed);
    scene.preflight.onCheck?.(passed);
    expect(session.view.preflight).toMatchObject({ running: true, checks: [{ id: 'memory' }, { id: 'networks' }] });
    const late = scene.preflight.onCheck;
    await press('check');
    expect(scene.preflight.runs[0]?.signal?.aborted).toBe(true);
    late?.(failed);
    expect(session.view.preflight.checks).toEqual([]);
  });

  it('takes a suggestion over with a click, and looks what it is worth', async () => {
    scene.preflight.report = {
      checks: [passed],
      expectation: {
        converges: false,
        timeMs: undefined,
        sentence: 'It would not end.',
        suggestions: [{ label: 'Auto-converge', change: { autoConverge: true } }],
      },
    };
    await open(toHv2);
    expect(session.view.preflight.suggestions).toEqual(['Auto-converge']);
    expect(session.view.preflight.expectation?.tone).toBe('warning');
    scene.preflight.report = { checks: [passed], expectation: converges };
    session.receive({ type: 'suggestion', index: 0 });
    await settle();
    expect(field(session.view, 'autoConverge')).toMatchObject({ on: true });
    expect(scene.preflight.runs.at(-1)?.request.options.autoConverge).toBe(true);
    expect(session.view.preflight.expectation?.tone).toBe('good');
  });

  it('starts what the line says, shows the migration when it is seen, and closes', async () => {
    await open(toHv2);
    await press('migrate');
    expect(scene.starter.requests).toMatchObject([
      {
        source: 'hv1',
        domainUuid: uuid,
        destination: 'hv2',
        destinationUri: 'qemu+tcp://hv2/system',
        migrationUri: 'tcp://192.0.2.2',
        options: defaultOptions(true),
      },
    ]);
    expect(session.view.start).toMatchObject({ enabled: false, busy: true });
    scene.migrations.all = [new FakeMigration({ id: 'seen', source: 'hv1', domainUuid: uuid })];
    scene.migrations.changed.fire();
    await settle();
    expect(scene.told).toEqual(['opened seen', 'close']);
  });

  it('asks before it starts what failed, and starts nothing when that is not wanted', async () => {
    scene.preflight.report = { checks: [passed, failed], expectation: converges };
    await open(toHv2);
    expect(session.view.start).toEqual({
      enabled: true,
      busy: false,
      why: 'Networks on hv2 failed: you are asked first.',
    });
    scene.answer = false;
    await press('migrate');
    expect(scene.told).toEqual(['confirm web-1 networks']);
    expect(scene.starter.requests).toEqual([]);
    scene.answer = true;
    await press('migrate');
    expect(scene.starter.requests).toHaveLength(1);
  });

  it('asks, too, while the pre-flight has not ended', async () => {
    scene.preflight.report = undefined;
    await open(toHv2);
    await press('migrate');
    expect(scene.told).toEqual(['confirm web-1  unfinished']);
  });

  it('starts nothing that has become another thing while the question stood open', async () => {
    scene.preflight.report = { checks: [failed], expectation: converges };
    await open(toHv2);
    scene.meanwhile = () => scene.hv1.domains.delete(uuid);
    await press('migrate');
    expect(scene.starter.requests).toEqual([]);
    expect(session.view.refusal).toMatch(/not on hv1 any more/);
  });

  it('shows libvirt’s words where it refuses, and can be pressed again', async () => {
    scene.starter.refusal = new UserError('unable to connect to server', 'Start libvirtd there.');
    await open(toHv2);
    await press('migrate');
    expect(session.view.refusal).toBe('unable to connect to server Start libvirtd there.');
    expect(session.view.start.enabled).toBe(true);
    expect(scene.told).toEqual([]);
    await choose('uri');
    expect(session.view.refusal).toBeUndefined();
  });

  it('shows libvirt’s words of a migration that fails before anything of it is seen', async () => {
    await open(toHv2);
    await press('migrate');
    scene.starter.endAs({ kind: 'failed', endedAtMs: 1, text: 'error: operation failed: guest CPU differs' });
    await settle();
    expect(session.view.refusal).toBe('error: operation failed: guest CPU differs');
    expect(scene.told).toEqual([]);
  });

  it('starts a guest that somebody paused, which arrives paused', async () => {
    scene.hv1.with({ ...scene.web, state: 'paused', reason: 'user' });
    await open(toHv2);
    await press('migrate');
    expect(scene.starter.requests).toHaveLength(1);
  });

  it('is refused loudly where its tab was closed meanwhile', async () => {
    await open(toHv2);
    let go: () => void = () => undefined;
    scene.starter.hold = new Promise((resolve) => (go = resolve));
    scene.starter.refusal = new UserError('hv1: web-1 was not migrated: Connection refused.', 'Start its libvirtd.');
    await press('migrate');
    session.dispose();
    go();
    await settle();
    expect(scene.told).toEqual(['failed hv1: web-1 was not migrated: Connection refused. Start its libvirtd.']);
  });

  it('gives its pre-flight up where it is started before that has ended, and takes it up again where it is refused', async () => {
    scene.preflight.report = undefined;
    scene.starter.refusal = new UserError('hv1: Connection refused.');
    let go: () => void = () => undefined;
    scene.starter.hold = new Promise((resolve) => (go = resolve));
    await open(toHv2);
    await press('migrate');
    expect(scene.preflight.runs.map(({ signal }) => signal?.aborted)).toEqual([true]);
    go();
    await settle();
    expect(session.view.refusal).toBe('hv1: Connection refused.');
    expect(scene.preflight.runs.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
  });

  it('shows the end of the one that it started, as long as it can be seen', async () => {
    await open(toHv2);
    expect(session.follows).toBeUndefined();
    await press('migrate');
    expect(session.follows).toBe('start-1');
    session.dispose();
    expect(session.follows).toBeUndefined();
  });

  it('has its guest watched until it is started, and again where that is refused', async () => {
    await open(toHv2);
    scene.starter.refusal = new UserError('hv1: Connection refused.');
    await press('migrate');
    expect(session.view.refusal).toBe('hv1: Connection refused.');
    expect(scene.preflight.watched.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(scene.preflight.runs).toHaveLength(1);
    session.dispose();
    expect(scene.preflight.watched.every(({ aborted }) => aborted)).toBe(true);
  });

  it('is not refused where only the choice can’t be remembered', async () => {
    scene.remembered.remember = () => Promise.reject(new Error('no space left on device'));
    await open(toHv2);
    await press('migrate');
    await settle();
    expect(session.view.refusal).toBeUndefined();
    expect(scene.starter.requests).toHaveLength(1);
  });

  it('closes with a word after a migration that was too short to be seen', async () => {
    await open(toHv2);
    await press('migrate');
    scene.starter.endAs({ kind: 'succeeded', endedAtMs: 1 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(scene.told).toEqual(['close The migration of web-1 was started.']);
  });

  it('remembers what was chosen for these two hosts, and nothing of it for others', async () => {
    await open(toHv2);
    session.receive({ type: 'text', field: 'bandwidthMiBps', text: '300' });
    await press('migrate');
    session.dispose();
    scene.hv2.with(scene.web);
    await open(toHv2);
    expect(field(session.view, 'bandwidthMiBps')).toMatchObject({ text: '300' });
    session.dispose();
    await open({ host: 'hv2', target: { kind: 'host', name: 'hv1' } });
    expect(field(session.view, 'bandwidthMiBps')).toMatchObject({ text: '' });
  });

  it('remembers a URI that was typed, which is not overwritten by what is found', async () => {
    await open(toHv2);
    session.receive({ type: 'text', field: 'destinationUri', text: 'qemu+tls://hv2.example/system' });
    await press('migrate');
    session.dispose();
    await open(toHv2);
    expect(field(session.view, 'destinationUri')).toMatchObject({ text: 'qemu+tls://hv2.example/system' });
    expect(session.view.otherWays).toHaveLength(2);
  });

  it('takes a preset over, calls options by its name while they are its, and leaves out what the host lacks', async () => {
    scene.hv1.capabilities = {
      ...everything,
      migrateOptions: new Set([...everything.migrateOptions].filter((word) => word !== '--postcopy')),
    };
    await open(toHv2);
    session.receive({ type: 'text', field: 'preset', text: 'preset Busy guest' });
    expect(field(session.view, 'preset')).toMatchObject({ value: 'preset Busy guest' });
    expect(field(session.view, 'autoConverge')).toMatchObject({ on: true });
    expect(field(session.view, 'postcopy')).toBeUndefined();
    expect(session.view.leftOut).toBe('Left out, since the virsh of hv1 does not have it: Allow post-copy.');
    session.receive({ type: 'flag', field: 'autoConverge', on: false });
    expect(field(session.view, 'preset')).toMatchObject({ value: 'own' });
  });

  it('saves what is chosen as a preset, which is then the one that is chosen', async () => {
    await open(toHv2);
    session.receive({ type: 'flag', field: 'autoConverge', on: true });
    await press('savePreset');
    expect(scene.told).toEqual(['save {"autoConverge":true}']);
    expect(field(session.view, 'preset')).toMatchObject({ value: 'preset Mine' });
  });

  it('keeps what is changed while a preset is being saved, which is then not the one that is chosen', async () => {
    await open(toHv2);
    session.receive({ type: 'flag', field: 'autoConverge', on: true });
    session.receive({ type: 'press', button: 'savePreset' });
    session.receive({ type: 'text', field: 'bandwidthMiBps', text: '100' });
    await settle();
    expect(scene.told).toEqual(['save {"autoConverge":true}']);
    expect(field(session.view, 'bandwidthMiBps')).toMatchObject({ text: '100' });
    expect(field(session.view, 'preset')).toMatchObject({ value: 'own' });
  });

  it('takes what is changed right after a preset was chosen over the preset', async () => {
    await open(toHv2);
    session.receive({ type: 'text', field: 'bandwidthMiBps', text: '100' });
    session.receive({ type: 'text', field: 'preset', text: 'preset Plain' });
    session.receive({ type: 'flag', field: 'autoConverge', on: true });
    session.receive({ type: 'text', field: 'timeoutSeconds', text: '600' });
    await settle();
    expect(field(session.view, 'autoConverge')).toMatchObject({ on: true });
    expect(field(session.view, 'timeoutSeconds')).toMatchObject({ text: '600' });
    expect(field(session.view, 'bandwidthMiBps')).toMatchObject({ text: '' });
    expect(field(session.view, 'preset')).toMatchObject({ value: 'own' });
  });

  it.each([
    ['the source by its name', 'qemu+ssh://hv1/system', /source itself/],
    ['the source without a name', 'qemu:///system', /source itself/],
    ['a URI with shell characters', 'qemu+ssh://hv2/system;reboot', /holds ;/],
    ['a URI with a command in it', 'qemu+ssh://$(reboot)/system', /holds \$/],
    ['a URI with a space', 'qemu+ssh://hv 2/system', /spaces/],
    ['a URI that ssh would take as an option', 'qemu+ssh://-oProxyCommand=x/system', /dash/],
    ['no URI', 'hv2', /no scheme/],
  ])('says at the field what is wrong with %s, and can’t be started', async (_what, uri, problem) => {
    await open({ target: { kind: 'uri' } });
    session.receive({ type: 'text', field: 'destinationUri', text: uri });
    await settle();
    expect(field(session.view, 'destinationUri')?.problem).toMatch(problem);
    expect(session.view.line).toBeUndefined();
    await press('migrate');
    expect(session.view.start.enabled).toBe(false);
    expect(scene.starter.requests).toEqual([]);
    expect(scene.preflight.runs).toEqual([]);
  });

  it.each<[string, (of: FormScene) => void, RegExp]>([
    ['the source is read-only', (of) => Object.assign(of.hv1.config, { readOnly: true }), /hv1 is read-only/],
    ['the destination is read-only', (of) => Object.assign(of.hv2.config, { readOnly: true }), /hv2 is read-only/],
    ['the source is not connected', (of) => of.hv1.disconnect(), /hv1 is not connected/],
    ['the guest is gone', (of) => of.hv1.domains.delete(uuid), /not on hv1 any more/],
    [
      'the guest is just arriving',
      (of) => of.hv1.with({ ...of.web, state: 'paused', reason: 'migrating' }),
      /web-1 can't be migrated while it is paused \(migrating\)/,
    ],
    ['the guest is off', (of) => of.hv1.with({ ...of.web, state: 'shutOff' }), /web-1 is not running/],
    [
      'the guest migrates already',
      (of) => (of.migrations.all = [new FakeMigration({ domainUuid: uuid })]),
      /web-1 migrates already/,
    ],
  ])('says why it can’t be started when %s', async (_when, happen, why) => {
    await open(toHv2);
    happen(scene);
    scene.fleet.changed.fire();
    expect(session.view.start).toMatchObject({ enabled: false, why: expect.stringMatching(why) as string });
    await press('migrate');
    expect(scene.starter.requests).toEqual([]);
  });

  it('says at the field what is wrong with a number, and starts nothing', async () => {
    await open(toHv2);
    session.receive({ type: 'text', field: 'bandwidthMiBps', text: '-20' });
    expect(field(session.view, 'bandwidthMiBps')?.problem).toMatch(/negative/);
    expect(session.view.line).toBeUndefined();
    await press('migrate');
    expect(scene.starter.requests).toEqual([]);
  });

  it('is filled in with what a command was given, whatever was chosen last', async () => {
    await scene.remembered.remember('hv1', 'hv2', {
      options: { ...defaultOptions(true), bandwidthMiBps: 7 },
      preset: undefined,
      typed: undefined,
    });
    await open({
      ...toHv2,
      way: { destinationUri: 'qemu+tls://hv2/system', migrationUri: 'tcp://10.0.0.2' },
      options: { apply: (defaults) => ({ ...defaults, postcopy: true }), preset: undefined },
    });
    expect(session.view.line).toBe(
      `virsh migrate --live --persistent --undefinesource --postcopy --p2p -- ${uuid} qemu+tls://hv2/system tcp://10.0.0.2`,
    );
  });

  it('asks a host for its memory once it is connected, and only once', async () => {
    const hv3 = new FakeHypervisor('hv3');
    hv3.disconnect();
    const run = vi.fn(() => Promise.resolve({ freeBytes: 3 * mib, reclaimableBytes: 0, totalBytes: undefined }));
    Object.assign(hv3, { run });
    scene.fleet.hypervisors = [...scene.fleet.hypervisors, hv3];
    await open();
    expect(run).not.toHaveBeenCalled();
    await hv3.connect();
    scene.fleet.changed.fire();
    scene.fleet.changed.fire();
    await settle();
    expect(run).toHaveBeenCalledTimes(1);
    expect(session.view.destination.choices.map(({ label }) => label)).toContain('hv3 · 3.00 MiB free');
  });

  it('stops looking when it is closed', async () => {
    scene.preflight.report = undefined;
    await open(toHv2);
    await press('cancel');
    expect(scene.told).toEqual(['close']);
    session.dispose();
    expect(scene.preflight.runs.at(-1)?.signal?.aborted).toBe(true);
  });
});
