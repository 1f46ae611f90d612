import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Emitter } from '../../../../src/base/emitter.js';
import { UserError } from '../../../../src/base/errors.js';
import type { Fleet, Hypervisor, HypervisorStatus } from '../../../../src/hypervisor/model.js';
import { Ending } from '../../../../src/migration/ending.js';
import { MigrationRegistry } from '../../../../src/migration/registry.js';
import { dirtyRateOf } from '../../../../src/migration/preflight/dirtyRate.js';
import type { MigrationRequest, StartedMigration } from '../../../../src/migration/start/model.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';
import { DetachedStarter } from '../../../../src/migration/start/starter.js';
import { TrackedMigration } from '../../../../src/migration/trackedMigration.js';
import type { ShellScript } from '../../../../src/virsh/script.js';
import { scriptText } from '../../../../src/virsh/scriptRunner.js';
import { until } from '../../../editor/waiting.js';
import { MemoryStorage } from '../../../memoryStorage.js';
import { domain, ScriptedHypervisor, uuid } from '../../scriptedHypervisor.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };
const lost: HypervisorStatus = {
  kind: 'reconnecting',
  message: 'The connection was lost.',
  advice: undefined,
  lastSeenAtMs: 0,
  nextTryAtMs: 0,
};

/** A host whose scripts run here, by the real sh; its virsh is a script, too. */
class LocalHypervisor extends ScriptedHypervisor {
  /** The connection dies at the first script whose label this matches: before it has arrived, or with its answer. */
  cut: { readonly at: RegExp; readonly when: 'before' | 'after' } | undefined;
  readonly ran: string[] = [];
  onScript: () => void = () => undefined;

  override async sh<T>(script: ShellScript<T>): Promise<T> {
    if (this.status.kind !== 'connected') throw new UserError(`${this.config.name} is not connected.`);
    const cut = this.cut?.at.test(script.label) === true ? this.cut : undefined;
    if (cut !== undefined) this.cut = undefined;
    const end = (): never => {
      this.setStatus(lost);
      throw new UserError(`The connection to ${this.config.name} ended before it answered: ${script.label}.`);
    };
    if (cut?.when === 'before') end();
    this.onScript();
    this.ran.push(script.label);
    const stdout = await new Promise<string>((resolve) => {
      const child = execFile('sh', ['-s'], (_, out) => resolve(out));
      child.stdin?.end(scriptText(script, 'token'));
    });
    if (cut !== undefined) end();
    return script.parse({ stdout: stdout.slice(stdout.indexOf('token\n') + 6), stderr: '', exitCode: 0 });
  }
}

/** Ends when it is told to, with the code and the words that it is told. */
const fakeVirsh = `#!/bin/sh
echo run >>"$0.runs"
while [ ! -e "$0.end" ]; do [ -e "$0" ] || exit 1; sleep 0.05; done
{ read -r code; cat >&2; } <"$0.end"
exit "$code"
`;

describe('starting a migration', () => {
  let folder: string;
  let virsh: string;
  let source: LocalHypervisor;
  let registry: MigrationRegistry;
  let storage: MemoryStorage;
  let starter: DetachedStarter;
  let ended: StartedMigration[];
  let fleet: Fleet;
  const starters: DetachedStarter[] = [];
  const ids = new Set<string>();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'libvirt-starter-'));
    virsh = join(folder, 'virsh');
    writeFileSync(virsh, fakeVirsh);
    chmodSync(virsh, 0o755);
    storage = new MemoryStorage();
    open();
  });
  afterEach(async () => {
    end(0);
    for (const each of starters.splice(0)) each.dispose();
    for (const file of storage.files.keys()) ids.add(file.replace('.jsonl', ''));
    for (const id of ids) {
      await until('its end', () => !existsSync(join(left(id), 'pid')) || existsSync(join(left(id), 'code')));
      rmSync(left(id), { recursive: true, force: true });
    }
    ids.clear();
    rmSync(folder, { recursive: true });
  });

  /** Another window, by the same files. */
  function open(): void {
    const changed = new Emitter<void>();
    source = new LocalHypervisor('hv1', { virsh });
    source.domains.set(uuid, domain());
    source.onDidChange(() => changed.fire());
    const hypervisors: Hypervisor[] = [source, new ScriptedHypervisor('hv2')];
    fleet = {
      hypervisors,
      get: (name) => hypervisors.find(({ config }) => config.name === name),
      onDidChange: changed.event,
    };
    registry = new MigrationRegistry();
    starter = new DetachedStarter({ fleet, registry, storage, log: silent });
    starters.push(starter);
    ended = [];
    starter.onDidEnd((start) => ended.push(start));
  }

  const request = (change: Partial<MigrationRequest> = {}): MigrationRequest => ({
    source: 'hv1',
    domainUuid: uuid,
    destination: 'hv2',
    destinationUri: 'qemu+tcp://hv2/system',
    migrationUri: undefined,
    options: defaultOptions(true),
    ...change,
  });
  const end = (code: number, words = ''): void => writeFileSync(`${virsh}.end`, `${code}\n${words}`);
  const runs = (): number =>
    existsSync(`${virsh}.runs`) ? readFileSync(`${virsh}.runs`, 'utf8').split('\n').length - 1 : 0;
  const left = (id: string): string => `/var/tmp/libvirt-live-migration.${id}`;
  const untilCleared = (): Promise<unknown> =>
    until('a clean host', () =>
      [...storage.files.keys()].every((file) => !existsSync(left(file.replace('.jsonl', '')))),
    );
  const cutAt = (at: RegExp, when: 'before' | 'after'): void => void (source.cut = { at, when });
  const reconnect = (): void => source.setStatus({ kind: 'connected' });

  it('sends nothing while somebody measures what the guest writes, and begins once that is over', async () => {
    const answers = {
      domstate: 'running (booted)',
      domjobinfo: 'Job type: 0',
      help: '    --seconds <number>  how long',
      'domdirtyrate-calc': '',
    };
    for (const [question, answer] of Object.entries(answers)) source.answers.set(question, `${answer}\n`);
    source.answers.set('domstats', '  dirtyrate.calc_status=1\n');
    const measured = dirtyRateOf(source, uuid);
    await until('a measurement', () => source.asked.includes('domstats'));
    const starting = starter.start(request());
    const looks = (): number => source.asked.filter((question) => question === 'domstats').length;
    await until('a record', () => storage.files.size === 1);
    await until('further looks', () => looks() > 2);
    expect(source.ran).toEqual([]);
    source.answers.set('domstats', '  dirtyrate.calc_status=2\n  dirtyrate.megabytes_per_second=7\n');
    await measured;
    expect((await starting).state.kind).toBe('running');
  });

  it('resolves once it runs, keeps its record before anything is sent, tells its end once, and leaves nothing', async () => {
    let kept: number | undefined;
    source.onScript = () => (kept ??= storage.files.size);
    const start = await starter.start(request());
    expect(kept).toBe(1);
    expect(start.state).toEqual({ kind: 'running' });
    expect(starter.all).toEqual([start]);
    end(0);
    expect((await starter.whenEnded(start.id)).state.kind).toBe('succeeded');
    await untilCleared();
    expect(ended).toMatchObject([{ id: start.id, state: { kind: 'succeeded' } }]);
  });

  it('is refused in libvirt’s words, with what to do, where virsh ends at once', async () => {
    end(1, "error: unable to connect to server at 'hv2:16509': Connection refused\nerror: and more\n");
    await expect(starter.start(request())).rejects.toMatchObject({
      message: "hv1: web-1 was not migrated: unable to connect to server at 'hv2:16509': Connection refused: and more.",
      advice: expect.any(String) as unknown,
    });
    await untilCleared();
    expect([ended, starter.all]).toEqual([[], []]);
    open();
    await starter.open();
    expect(ended).toEqual([]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a host that is read-only',
      () => (source = Object.assign(source, { config: { ...source.config, readOnly: true } })),
      /read-only/,
    ],
    ['a host that is lost', () => source.setStatus(lost), /not connected/],
    ['a domain that is not there', () => source.domains.clear(), /no such domain/],
    ['a domain that is shut off', () => source.setDomain(domain({ state: 'shutOff' })), /does not run/],
  ])('sends nothing for %s', async (_, prepare, words) => {
    prepare();
    await expect(starter.start(request())).rejects.toThrow(words);
    expect([source.ran, storage.files.size]).toEqual([[], 0]);
  });

  it('sends nothing for what can’t be sent, and says all that is wrong', async () => {
    const wrong = request({ destinationUri: '-x', options: { ...defaultOptions(true), zeroCopy: true } });
    await expect(starter.start(wrong)).rejects.toThrow(/begins with a dash\. .*Zero-copy needs parallel/);
    expect(() => starter.lineOf(wrong)).toThrow(UserError);
    expect(source.ran).toEqual([]);
  });

  it('starts nothing where its record can’t be kept', async () => {
    storage.append = () => Promise.reject(new Error('ENOSPC: no space left on device'));
    await expect(starter.start(request())).rejects.toThrow(/Nothing was started: .*ENOSPC/);
    expect([source.ran, starter.all]).toEqual([[], []]);
  });

  it('never starts a second one of the same domain, not even at the same moment', async () => {
    const both = await Promise.allSettled([starter.start(request()), starter.start(request())]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(runs()).toBe(1);
  });

  describe('in two windows', () => {
    interface Window {
      readonly starter: DetachedStarter;
      readonly ended: StartedMigration[];
      readonly source: LocalHypervisor;
    }
    const window = (): Window => ({ starter, ended, source });
    const second = async (): Promise<Window> => {
      open();
      await starter.open();
      return window();
    };

    it('is never started by both, not even at the same moment', async () => {
      const one = window();
      const two = await second();
      const both = await Promise.allSettled([one.starter.start(request()), two.starter.start(request())]);
      expect(both.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(2);
      expect(runs()).toBeLessThan(2);
      expect([one.ended, two.ended]).toEqual([[], []]);
    });

    it('is refused where the other one, opened later, has started it', async () => {
      const one = window();
      const two = await second();
      await two.starter.start(request());
      await expect(one.starter.start(request())).rejects.toThrow(/migrates already/);
      expect(runs()).toBe(1);
    });

    it('has its end found by one that was open before the other began it', async () => {
      const one = window();
      const two = await second();
      const { id } = await two.starter.start(request());
      const found = one.starter.whenEnded(id);
      two.starter.dispose();
      end(0);
      await until('its end', () => existsSync(join(left(id), 'code')));
      one.source.setStatus(lost);
      await until('that it is known', () => one.starter.all.length === 1);
      one.source.setStatus({ kind: 'connected' });
      expect((await found).state.kind).toBe('succeeded');
      await untilCleared();
    });

    it('has its end told by one of them, once', async () => {
      const one = window();
      const { id } = await one.starter.start(request());
      const two = await second();
      end(1, 'error: no room\n');
      await until('its end', () => existsSync(join(left(id), 'code')));
      for (const { source: host } of [one, two]) {
        host.setStatus(lost);
        host.setStatus({ kind: 'connected' });
      }
      await Promise.all([one, two].map((each) => each.starter.whenEnded(id)));
      await untilCleared();
      expect([...one.ended, ...two.ended]).toMatchObject([{ id }]);
      const three = await second();
      expect(three.ended).toEqual([]);
    });
  });

  describe('over a connection that dies in the middle', () => {
    it('waits, and finds it running when the host is back', async () => {
      cutAt(/^run detached/, 'after');
      const starting = starter.start(request());
      await until('the loss', () => source.status.kind === 'reconnecting');
      expect(starter.all).toMatchObject([{ state: { kind: 'starting' } }]);
      reconnect();
      expect((await starting).state).toEqual({ kind: 'running' });
      expect(runs()).toBe(1);
    });

    it('finds its success when the host is back after the end', async () => {
      end(0);
      cutAt(/^run detached/, 'after');
      const starting = starter.start(request());
      await until('the loss', () => source.status.kind === 'reconnecting');
      reconnect();
      expect((await starting).state.kind).toBe('succeeded');
      await untilCleared();
    });

    it('is never started where it had not arrived, and says so', async () => {
      cutAt(/^run detached/, 'before');
      const starting = starter.start(request());
      starting.catch(() => undefined);
      await until('the loss', () => source.status.kind === 'reconnecting');
      reconnect();
      await expect(starting).rejects.toThrow(/never started: the connection was lost before/);
      await untilCleared();
      expect(runs()).toBe(0);
    });

    it.each(['before', 'after'] as const)(
      'is refused where nothing could have been started yet (%s), and cleared later',
      async (when) => {
        cutAt(/^prepare/, when);
        await expect(starter.start(request())).rejects.toThrow(/connection to hv1 ended/);
        reconnect();
        await untilCleared();
        expect(runs()).toBe(0);
      },
    );

    it('finds the end that came while it was lost', async () => {
      const { id } = await starter.start(request());
      source.setStatus(lost);
      end(1, 'error: internal error: QEMU unexpectedly closed the monitor\n');
      reconnect();
      expect((await starter.whenEnded(id)).state).toMatchObject({
        kind: 'failed',
        text: 'internal error: QEMU unexpectedly closed the monitor',
      });
    });

    it('clears its host later where it dies at that', async () => {
      const { id } = await starter.start(request());
      source.setStatus(lost);
      end(0);
      await until('its end', () => existsSync(join(left(id), 'code')));
      cutAt(/^clear/, 'before');
      reconnect();
      await starter.whenEnded(id);
      await until('the loss', () => source.status.kind === 'reconnecting');
      expect(existsSync(left(id))).toBe(true);
      reconnect();
      await untilCleared();
      expect(ended).toHaveLength(1);
    });
  });

  it.each<[string, number, string, object]>([
    ['success', 0, '', { kind: 'succeeded' }],
    ['failure', 1, 'error: it broke\n', { kind: 'failed', text: 'it broke' }],
    ['end without a word', 9, '', { kind: 'failed', text: 'virsh ended with exit code 9' }],
  ])('has its %s found by a window that is opened after the end, and told once', async (_, code, words, state) => {
    const { id } = await starter.start(request());
    starter.dispose();
    end(code, words);
    await until('its end', () => existsSync(join(left(id), 'code')));
    open();
    await starter.open();
    expect((await starter.whenEnded(id)).state).toMatchObject(state);
    expect(ended).toHaveLength(1);
    await untilCleared();
    open();
    await starter.open();
    expect([ended, starter.all]).toEqual([[], []]);
  });

  it('is not forbidden by another window that opens while it is being started', async () => {
    cutAt(/^run detached/, 'after');
    const starting = starter.start(request());
    const first = source;
    await until('its folder', () => first.ran.length > 0);
    open();
    await starter.open();
    await until('its look', () => source.ran.some((label) => label.startsWith('look')));
    await until('the loss', () => first.status.kind === 'reconnecting');
    first.setStatus({ kind: 'connected' });
    expect((await starting).state).toEqual({ kind: 'running' });
  });

  it('is not called lost by a window that comes second to its end', async () => {
    const { id } = await starter.start(request());
    const [one, first] = [starter, source];
    open();
    await starter.open();
    await until('its look', () => source.ran.length > 0);
    source.setStatus(lost);
    end(0);
    first.setStatus(lost);
    first.setStatus({ kind: 'connected' });
    await one.whenEnded(id);
    await untilCleared();
    reconnect();
    expect((await starter.whenEnded(id)).state.kind).toBe('succeeded');
  });

  it('says that it does not know where the host has lost the record, or virsh was killed', async () => {
    const { id } = await starter.start(request());
    process.kill(Number(readFileSync(join(left(id), 'pid'), 'utf8').split(' ')[0]), 'SIGKILL');
    source.setStatus(lost);
    reconnect();
    expect((await starter.whenEnded(id)).state).toMatchObject({
      kind: 'unknown',
      text: expect.stringMatching(/killed/) as unknown,
    });
    await untilCleared();
    const again = await starter.start(request());
    await until('its run', () => runs() === 2);
    end(0);
    await until('its end', () => existsSync(join(left(again.id), 'code')));
    rmSync(left(again.id), { recursive: true });
    source.setStatus(lost);
    reconnect();
    expect((await starter.whenEnded(again.id)).state).toMatchObject({
      kind: 'unknown',
      text: expect.stringMatching(/no record/) as unknown,
    });
  });

  function tracked(startedAtMs = Date.now()): TrackedMigration {
    const migration = new TrackedMigration({
      id: `m-${startedAtMs}`,
      domainUuid: uuid,
      domainName: 'web-1',
      domainTitle: undefined,
      source: 'hv1',
      startedAtMs,
    });
    registry.start(migration);
    return migration;
  }

  it('goes by the migration itself where virsh was killed: libvirtd migrates on without it', async () => {
    const { id } = await starter.start(request());
    const migration = tracked();
    process.kill(Number(readFileSync(join(left(id), 'pid'), 'utf8').split(' ')[0]), 'SIGKILL');
    const look = async (): Promise<void> => {
      const before = source.ran.length;
      source.setStatus(lost);
      reconnect();
      await until('its look', () => source.ran.length > before);
    };
    await look();
    await look();
    expect(starter.all).toMatchObject([{ state: { kind: 'running' } }]);
    migration.update(
      { outcome: { kind: 'failed', reason: 'libvirtd said why' }, phase: 'ended', endedAtMs: Date.now() },
      Date.now(),
    );
    registry.finish(migration);
    expect((await starter.whenEnded(id)).state).toMatchObject({ kind: 'failed', text: 'libvirtd said why' });
    await untilCleared();
  });

  it('is known after a reload still, with what it was started with, while its post-copy is interrupted', async () => {
    const { id } = await starter.start(request({ options: { ...defaultOptions(true), tls: true } }));
    end(1, "error: operation failed: job 'migration in' failed in post-copy phase\n");
    await until('its end', () => existsSync(join(left(id), 'code')));
    source.setStatus(lost);
    reconnect();
    await starter.whenEnded(id);
    await untilCleared();
    open();
    await starter.open();
    expect(starter.all).toEqual([]);
    const migration = tracked();
    expect(starter.all).toMatchObject([{ id, request: { options: { tls: true, undefineSource: true } } }]);
    migration.update({ outcome: { kind: 'aborted' }, phase: 'ended' }, Date.now());
    expect(starter.all).toEqual([]);
  });

  describe('tells of the migration that it began', () => {
    const settle = async (migration: TrackedMigration): Promise<void> => {
      source.answers.set('domstate', 'running (booted)\n\n');
      await new Ending(fleet, registry, starter).settle(source, migration, undefined, true);
    };

    it.each<[string, number, string, object]>([
      [
        'why it failed',
        1,
        'error: operation failed: no room\n',
        { kind: 'failed', reason: 'operation failed: no room' },
      ],
      [
        'that somebody aborted it',
        1,
        "error: operation aborted: job 'migration out' canceled by client\n",
        { kind: 'aborted' },
      ],
      ['that it succeeded, wherever the guest is now', 0, '', { kind: 'completed' }],
    ])('%s', async (_, code, words, outcome) => {
      await starter.start(request());
      const migration = tracked();
      const settled = settle(migration);
      end(code, words);
      await settled;
      expect(migration.state.outcome).toMatchObject(outcome);
    });

    it('nothing before its host can be asked', async () => {
      await starter.start(request());
      const migration = tracked();
      source.cut = { at: /^look/, when: 'before' };
      await settle(migration);
      expect(migration.state.outcome).toBeUndefined();
      end(1, 'error: no room\n');
      reconnect();
      await settle(migration);
      expect(migration.state.outcome).toEqual({ kind: 'failed', reason: 'no room' });
    });

    it('and nothing of another one', async () => {
      const earlier = tracked(Date.now() - 60_000);
      registry.finish(earlier);
      earlier.update({ outcome: { kind: 'aborted' } }, Date.now());
      end(1, 'error: no room\n');
      await expect(starter.start(request())).rejects.toThrow('no room');
      const before = tracked(Date.now() - 50_000);
      await settle(before);
      expect(before.state.outcome).toEqual({ kind: 'endedWithoutCompleting' });
      const after = tracked(Date.now() + 50_000);
      await settle(after);
      expect(after.state.outcome).toEqual({ kind: 'endedWithoutCompleting' });
    });
  });
});
