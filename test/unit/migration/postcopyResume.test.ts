import { describe, expect, it } from 'vitest';
import type { Fleet } from '../../../src/hypervisor/model.js';
import { StartedPostcopyResumer } from '../../../src/migration/postcopyResume.js';
import type { Route } from '../../../src/migration/preflight/model.js';
import type { MigrationRequest, MigrationStarter, StartedMigration } from '../../../src/migration/start/model.js';
import { DestinationUnknown } from '../../../src/migration/steering.js';
import { FakeMigration } from '../fakes.js';
import { ScriptedHypervisor } from '../scriptedHypervisor.js';

const request = (told: Partial<MigrationRequest> = {}): MigrationRequest => ({
  source: 'hv1',
  domainUuid: 'uuid-1',
  destination: 'hv2',
  destinationUri: 'qemu+ssh://hv2/system',
  migrationUri: 'tcp://192.0.2.2',
  options: {
    live: true,
    p2p: true,
    persistent: true,
    undefineSource: true,
    autoConverge: true,
    postcopy: true,
    postcopyBandwidthMiBps: 5,
    compressionMethods: ['xbzrle'],
    parallelConnections: 4,
    bandwidthMiBps: 20,
    storage: 'shared',
    tls: true,
    zeroCopy: true,
    timeoutSeconds: 60,
  },
  ...told,
});
const started = (startedAtMs: number, told: Partial<MigrationRequest> = {}): StartedMigration => ({
  id: String(startedAtMs),
  request: request(told),
  domainName: 'web-1',
  line: '',
  startedAtMs,
  state: { kind: 'running' },
});

function resumer(
  all: readonly StartedMigration[],
  { routes, persistent = 'no' }: { routes?: readonly Route[]; persistent?: string } = {},
): { resume: StartedPostcopyResumer; sent: MigrationRequest[] } {
  const sent: MigrationRequest[] = [];
  const starter: Pick<MigrationStarter, 'lineOf' | 'start' | 'all' | 'whenEnded'> = {
    all,
    lineOf: ({ destinationUri }) => `migrate to ${destinationUri}`,
    start: (asked: MigrationRequest) => {
      sent.push(asked);
      return Promise.resolve(started(0));
    },
    whenEnded: () => Promise.resolve({ ...started(0), state: { kind: 'failed', endedAtMs: 1, text: 'refused' } }),
  };
  const hv1 = new ScriptedHypervisor('hv1');
  hv1.answers.set('dominfo', `Persistent:     ${persistent}\n`);
  const find = (): Promise<readonly Route[]> => Promise.resolve(routes ?? []);
  const hosts: Fleet = { hypervisors: [hv1], onDidChange: hv1.onDidChange, get: () => hv1 };
  return { resume: new StartedPostcopyResumer(hosts, starter, routes && { find }), sent };
}

const migration = new FakeMigration({ startedAtMs: 1_000_000, state: { phase: 'postcopyInterrupted' } });

describe('a post-copy that is resumed', () => {
  it('goes where it was started to, and keeps of its options only what still counts', async () => {
    const other = started(400_000, { destinationUri: 'qemu+ssh://hv9/system' });
    const { resume, sent } = resumer([other, started(999_000), started(1_000_000, { domainUuid: 'uuid-2' })]);
    const prepared = await resume.prepare(migration, {});
    expect(prepared.line).toBe('migrate to qemu+ssh://hv2/system');
    await expect((await prepared.start()).failed).resolves.toBe('refused');
    expect(sent).toEqual([
      request({
        options: {
          live: true,
          p2p: true,
          persistent: true,
          undefineSource: true,
          autoConverge: false,
          postcopy: true,
          postcopyResume: true,
          postcopyBandwidthMiBps: 5,
          compressionMethods: [],
          storage: 'shared',
          tls: true,
          zeroCopy: false,
        },
      }),
    ]);
  });

  it('goes by the best route where somebody else started it, and stays defined where it was', async () => {
    const route = { destinationUri: 'qemu+tcp://hv2/system', migrationUri: undefined, reachable: true, reason: '' };
    const { resume, sent } = resumer([], { routes: [route], persistent: 'yes' });
    await (await resume.prepare(migration, {})).start();
    expect(sent[0]).toMatchObject({
      destinationUri: 'qemu+tcp://hv2/system',
      options: { persistent: true, undefineSource: false },
    });
  });

  it('goes by what it is told, before anything that is known', async () => {
    const { resume, sent } = resumer([started(1_000_000)]);
    await (await resume.prepare(migration, { destinationUri: 'qemu+tls://hv2/system' })).start();
    expect(sent[0]).toMatchObject({ destinationUri: 'qemu+tls://hv2/system', migrationUri: undefined });
  });

  it('does not follow a start of another time, or to another host', async () => {
    const ended: StartedMigration = { ...started(400_000), state: { kind: 'succeeded', endedAtMs: 500_000 } };
    for (const all of [[ended], [started(1_000_000, { destination: 'hv9' })]]) {
      await expect(resumer(all).resume.prepare(migration, {})).rejects.toBeInstanceOf(DestinationUnknown);
    }
  });

  it('follows a start by a URI alone, whatever host of the tree the guest was then seen on', async () => {
    const { resume, sent } = resumer([started(1_000_000, { destination: undefined })]);
    await (await resume.prepare(migration, {})).start();
    expect(sent[0]).toMatchObject({ destination: 'hv2', destinationUri: 'qemu+ssh://hv2/system' });
  });

  it('is not guessed where nobody knows the way', async () => {
    await expect(resumer([]).resume.prepare(migration, {})).rejects.toBeInstanceOf(DestinationUnknown);
  });
});
