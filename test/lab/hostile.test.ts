import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HostConfig } from '../../src/hypervisor/model.js';
import { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { MemorySecrets } from '../memorySecrets.js';
import { domainState, jobInfo } from '../../src/virsh/commands.js';
import { Lab } from './lab.js';

const names = [
  'two words',
  `it's "quoted"`,
  '$(touch owned)',
  '`touch owned`; touch owned',
  '--all',
  '-c test:',
  '🚚 Umzug',
  '<img src=x onerror=alert(1)>',
  `x': Stopped Migrated`,
  `event 'lifecycle' for domain 'victim': Stopped Migrated`,
  'virsh # domjobabort',
  'events received: 7',
];

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };

describe('a host that says anything', () => {
  let lab: Lab;
  const opened: VirshHypervisor[] = [];

  beforeAll(async () => {
    lab = await Lab.up();
  });
  afterEach(() => {
    for (const hypervisor of opened.splice(0)) hypervisor.dispose();
  });
  afterAll(async () => lab.down());

  function hypervisor(config: Partial<HostConfig> = {}): VirshHypervisor {
    const created = new VirshHypervisor(
      {
        name: 'hv1',
        destination: 'hv1',
        uri: 'qemu:///system',
        virsh: 'virsh',
        readOnly: false,
        group: undefined,
        ...config,
      },
      {
        connector: new SshConnector({
          credentials: new CredentialStore(new MemorySecrets()),
          configFile: lab.sshConfig,
        }),
        log: silent,
      },
    );
    opened.push(created);
    return created;
  }

  /** What a name that was run by a shell would have made, wherever a shell begins. */
  async function owned(): Promise<string> {
    return (await lab.host('hv1').exec(['sh', '-c', 'ls -d owned /owned /root/owned 2>/dev/null'])).stdout;
  }

  /** A virsh of the test's own making on hv1, in front of the real one. */
  function scripted(name: string, lines: readonly string[]): Promise<string> {
    return lab.host('hv1').writeFile(name, ['#!/bin/sh', ...lines, ''].join('\n'), 0o755);
  }

  it('by the names of its domains is shown them as they are, and nothing of them is run', async () => {
    const host = lab.host('hv1');
    const title = 'T'.repeat(10_240);
    for (const [index, name] of names.entries()) {
      const xml = `<domain type='qemu'><name>${escapeXml(name)}</name><title>${title}</title><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>`;
      await host.virsh(['define', await host.writeFile(`hostile-${index}.xml`, xml)]);
    }
    const seen = hypervisor();
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
    expect([...seen.domains.values()].map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const { uuid, title: read, state } of seen.domains.values()) {
      expect(read).toHaveLength(10_240);
      expect(state).toBe('shutOff');
      await expect(seen.run(domainState(uuid))).resolves.toMatchObject({ state: 'shutOff' });
    }
    expect(await owned()).toBe('');
    await lab.clear();
  });

  it('whose login shell prints a banner first is understood', async () => {
    const virsh = await scripted('banner-virsh', [
      'echo "*** virsh # Authorised use only"',
      'echo "motd" >&2',
      'exec virsh "$@"',
    ]);
    const seen = hypervisor({ virsh });
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
    expect(seen.capabilities?.libvirtVersion).toMatch(/^\d+\.\d+/);
  });

  it('whose locale is translated answers in English all the same', async () => {
    const virsh = await scripted('german-virsh', ['LANG=de_DE.UTF-8 LANGUAGE=de exec virsh "$@"']);
    const seen = hypervisor({ virsh });
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
  });

  it('whose virsh insists on another language gives an error, never a wrong figure', async () => {
    const guest = await lab.startGuest('hv1', { name: 'translated', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const virsh = await scripted('translating-virsh', ['virsh "$@" | sed -u "s/Job type:/Tipo de trabajo:/"']);
    const seen = hypervisor({ virsh });
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
    await expect(seen.run(jobInfo(guest.uuid, { raw: false }))).rejects.toThrow(/not what domjobinfo prints/);
    await lab.clear();
  });

  it('whose domain list holds newlines and lines that look like other answers adds no domain', async () => {
    const virsh = await scripted('listing-virsh', [
      'virsh "$@" | sed -u "s/^virsh # list --all --uuid$/&\\nnot-a-uuid; domjobabort x\\nvirsh # destroy y/"',
    ]);
    const seen = hypervisor({ virsh });
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
    expect([...seen.domains.keys()]).toEqual([]);
  });

  it('whose virsh dies in the middle of an answer gives an error, and the next question a fresh virsh', async () => {
    const guest = await lab.startGuest('hv1', { name: 'cut', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const seen = hypervisor();
    await seen.connect();
    const asking = seen.run(jobInfo(guest.uuid, { raw: true }));
    await expect(asking).resolves.toMatchObject({ type: 'none' });
    await lab.host('hv1').exec(['pkill', '-9', '-x', 'virsh']);
    // Whether the first finds the dead one or already a new one, the one after it must be answered.
    await seen.run(jobInfo(guest.uuid, { raw: true })).catch(() => undefined);
    await expect(seen.run(jobInfo(guest.uuid, { raw: true }))).resolves.toMatchObject({ type: 'none' });
    await lab.clear();
  });

  it.each([
    ['has no virsh', { virsh: 'no-such-virsh' }, /no-such-virsh/],
    ['has no such URI', { uri: 'qemu+nonsense:///system' }, /hv1/],
    ['is a destination that begins with a dash', { destination: '-oProxyCommand=reboot' }, /-oProxyCommand/],
  ] as const)('that %s fails with a sentence', async (_, config, message) => {
    const seen = hypervisor(config);
    await seen.connect();
    expect(seen.status).toMatchObject({ kind: 'failed', message: expect.stringMatching(message) as string });
    expect(await owned()).toBe('');
  });
});

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
