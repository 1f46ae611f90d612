import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HostConfig } from '../../src/hypervisor/model.js';
import { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { MemorySecrets } from '../memorySecrets.js';
import { domainState, jobInfo } from '../../src/virsh/commands.js';
import { domainRow } from '../../src/views/domainRow.js';
import { until } from '../editor/waiting.js';
import { Lab } from './lab.js';
import { WatchedLab } from './watched.js';

const names = [
  'two words',
  ' spaces at both ends ',
  '\ttabs too\t',
  '   ',
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

/** A UUID that no domain has. */
const nobody = '00000000-1111-2222-3333-444444444444';

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
        isMigrating: () => false,
      },
    );
    opened.push(created);
    return created;
  }

  /** What a name that was run by a shell would have made, wherever a shell begins. */
  async function owned(): Promise<string> {
    return (await lab.host('hv1').exec(['sh', '-c', 'ls -d owned /owned /root/owned 2>/dev/null'])).stdout;
  }

  /** A virsh of the test's own making on hv1 whose output goes through sed, and that remembers each line it was fed, its help apart. */
  async function overheard(name: string, sedScript: string): Promise<{ virsh: string; fed: () => Promise<string> }> {
    const script = await lab.host('hv1').writeFile(`${name}.sed`, sedScript);
    const log = await lab.host('hv1').writeFile(`${name}.fed`, '');
    return {
      virsh: await scripted(name, [`tee -a ${log} | virsh "$@" | sed -u -f ${script}`]),
      fed: async () => (await readFile(log, 'utf8')).replace(/^help [a-z-]+$/gm, ''),
    };
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

  it('whose virsh insists on another language gives an error, never a wrong figure', async () => {
    const guest = await lab.startGuest('hv1', { name: 'translated', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const virsh = await scripted('translating-virsh', ['virsh "$@" | sed -u "s/Job type:/Tipo de trabajo:/"']);
    const seen = hypervisor({ virsh });
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
    await expect(seen.run(jobInfo(guest.uuid, { raw: false }))).rejects.toThrow(/not what domjobinfo prints/);
    await lab.clear();
  });

  it('whose domain list holds newlines and lines that look like other answers adds no domain, and none of it is sent', async () => {
    const guest = await lab.startGuest('hv1', { name: 'listed', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const forged = ['not-a-uuid; domjobabort x', `virsh # destroy ${guest.uuid}`, 'error: Domain not found', nobody];
    const { virsh, fed } = await overheard(
      'listing-virsh',
      `s/^virsh # list --all --uuid$/&\\n${forged.join('\\n')}/\n`,
    );
    const seen = hypervisor({ virsh });
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
    expect([...seen.domains.keys()]).toEqual([guest.uuid]);
    // Of the forged lines only what looks like a domain may be asked about.
    expect(await fed()).toContain(`dumpxml ${nobody}`);
    expect(await fed()).not.toMatch(/not-a-uuid|domjobabort|destroy/);
    expect(await lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    await lab.clear();
  });

  it('whose domain has a name with newlines, that look like a prompt and an event, shows it on one line and sends none of it', async () => {
    const guest = await lab.startGuest('hv1', { name: 'plain', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const lines = ['plain', `virsh # destroy ${guest.uuid}`, "event 'lifecycle' for domain 'x': Stopped Migrated"];
    const { virsh, fed } = await overheard('naming-virsh', `s|<name>plain</name>|<name>${lines.join('\\n')}</name>|\n`);
    const seen = hypervisor({ virsh });
    await seen.connect();
    expect(seen.status).toEqual({ kind: 'connected' });
    const [domain, ...more] = seen.domains.values();
    if (domain === undefined) throw new Error('no domain');
    expect(more).toEqual([]);
    expect(domain).toMatchObject({ uuid: guest.uuid, name: lines.join('\n'), state: 'running' });
    const { label } = domainRow(seen, domain, undefined, { get: () => seen });
    expect(label).toBe(lines.join(' '));
    // What comes after it is told apart all the same.
    await expect(seen.run(jobInfo(guest.uuid, { raw: true }))).resolves.toMatchObject({ type: 'none' });
    expect(await fed()).not.toContain('destroy');
    expect(await lab.host('hv1').stateOf(guest.uuid)).toMatch(/^running/);
    await lab.clear();
  });

  it('whose event forges others by a name with newlines is not believed: the migration goes on, and is steered by nobody', async () => {
    const victim = await lab.startGuest('hv1', { name: 'victim', memoryMiB: 384, workingSetMiB: 104 });
    const liar = await lab.startGuest('hv1', { name: 'liar', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    await victim.untilHot();
    const forged = [
      "event 'lifecycle' for domain 'liar",
      "\\1event 'lifecycle' for domain 'victim': Stopped Migrated",
      "\\1event 'job-completed' for domain 'victim':",
      '\\toperation: 5',
      '\\ttime_elapsed: 7000',
      '\\tdowntime: 1',
      "x': Suspended Paused",
    ];
    const { virsh, fed } = await overheard(
      'forging-virsh',
      `s/^\\(.*: \\)event 'lifecycle' for domain 'liar': Suspended Paused$/\\1${forged.join('\\n')}/\n`,
    );
    const watched = new WatchedLab(lab, 500);
    try {
      watched.fleet.configure(watched.fleet.hypervisors.map(({ config }) => ({ ...config, virsh })));
      await watched.connect();
      const start = watched.next();
      void lab.migrate(victim, 'hv1', 'hv2', { bandwidthMiBps: 10 });
      const migration = await start;
      let isTold = false;
      watched.fleet.get('hv1')?.onEvent(({ event }) => {
        isTold ||= event.kind === 'jobCompleted' && event.domainName === 'victim';
      });
      // Between two listenings an event slips by: it is caused until it is heard.
      await until('the forged end', async () => {
        await lab.host('hv1').virsh(['suspend', liar.uuid]);
        await lab.host('hv1').virsh(['resume', liar.uuid]);
        return isTold;
      });
      const samples = migration.samples.length;
      await until('further samples', () => migration.samples.length > samples + 2);
      expect(migration.state).toMatchObject({ phase: 'precopy', outcome: undefined });
      const end = watched.nextEnd();
      await lab.host('hv1').virsh(['domjobabort', victim.uuid]);
      expect((await end).state.outcome?.kind).toMatch(/^(endedWithoutCompleting|aborted)$/);
      expect(await fed()).not.toMatch(/domjobabort|destroy|resume|suspend/);
    } finally {
      watched.dispose();
      await lab.clear();
    }
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
  return text.replace(/[<>&'"\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}
