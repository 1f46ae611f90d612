import { beforeEach, describe, expect, it } from 'vitest';
import { type DirectStart, startDirectly } from '../../../../src/migration/form/startDirectly.js';
import { FakeMigration } from '../../fakes.js';
import { converges, failed, FormScene, passed, uuid } from './formFakes.js';

describe('a migration started without its form', () => {
  let scene: FormScene;

  beforeEach(() => {
    scene = new FormScene();
  });

  function start(wanted: Partial<DirectStart> = {}): Promise<string> {
    return startDirectly(scene.services, {
      source: scene.hv1,
      domain: scene.web,
      destination: 'hv2',
      destinationUri: undefined,
      migrationUri: undefined,
      apply: (defaults) => ({ ...defaults, bandwidthMiBps: 20 }),
      ignoreChecks: false,
      ...wanted,
    });
  }

  it('goes the best way that is found, after a pre-flight, with the options that were given', async () => {
    expect(await start()).toBe('The migration of web-1 to hv2 was started.');
    expect(scene.preflight.runs).toHaveLength(1);
    expect(scene.starter.requests).toMatchObject([
      { destinationUri: 'qemu+tcp://hv2/system', migrationUri: 'tcp://192.0.2.2', options: { bandwidthMiBps: 20 } },
    ]);
  });

  it('goes the way that was given', async () => {
    await start({ destination: undefined, destinationUri: 'qemu+tls://elsewhere/system' });
    expect(scene.routes.asked).toEqual([]);
    expect(scene.starter.requests).toMatchObject([
      { destination: undefined, destinationUri: 'qemu+tls://elsewhere/system', migrationUri: undefined },
    ]);
  });

  it('is refused by a failed check, which is named, unless checks are to be ignored', async () => {
    scene.preflight.report = { checks: [passed, failed], expectation: converges };
    await expect(start()).rejects.toMatchObject({
      message: 'web-1 was not migrated to hv2: Networks on hv2: There is no bridge br0.',
      advice: 'Set it right, or pass ignoreChecks: true.',
    });
    expect(scene.starter.requests).toEqual([]);
    await start({ ignoreChecks: true });
    expect(scene.starter.requests).toHaveLength(1);
  });

  it.each<[string, Partial<DirectStart>, RegExp]>([
    ['its source as destination', { destination: 'hv1' }, /destination is the source itself/],
    ['its source by URI', { destinationUri: 'qemu+ssh://hv1/system' }, /destination is the source itself/],
    ['a URI with shell characters', { destinationUri: 'qemu+ssh://hv2/system|sh' }, /holds \|/],
    [
      'options that contradict each other',
      { apply: (defaults) => ({ ...defaults, zeroCopy: true }) },
      /Zero-copy needs parallel/,
    ],
  ])('is refused with %s, before anything is looked at', async (_what, wanted, message) => {
    await expect(start(wanted)).rejects.toThrow(message);
    expect(scene.preflight.runs).toEqual([]);
    expect(scene.starter.requests).toEqual([]);
  });

  it('is refused for what the host lacks, and for a guest that is off or migrates already', async () => {
    scene.hv1.capabilities = scene.hv1.capabilities && {
      ...scene.hv1.capabilities,
      migrateOptions: new Set(['--live', '--p2p', '--persistent', '--undefinesource']),
    };
    await expect(start()).rejects.toThrow(/Speed limit.*--bandwidth/);
    await expect(start({ domain: { ...scene.web, state: 'shutOff' } })).rejects.toThrow(/not running/);
    scene.migrations.all = [new FakeMigration({ domainUuid: uuid })];
    await expect(start()).rejects.toThrow(/migrates already/);
    expect(scene.starter.requests).toEqual([]);
  });
});
