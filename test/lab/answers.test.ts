import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { domainState, jobInfo } from '../../src/virsh/commands.js';
import { MemorySecrets } from '../memorySecrets.js';
import { type Guest, Lab, type LabHost } from './lab.js';
import { must, run, until } from './run.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };
const port = 2400;

describe('the figures of a migration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'libvirt-answers-'));
  const opened: VirshHypervisor[] = [];
  let lab: Lab;
  let hv1: LabHost;
  let guest: Guest;

  beforeAll(async () => {
    lab = await Lab.up();
    hv1 = lab.host('hv1');
    guest = await lab.startGuest('hv1', { name: 'read', memoryMiB: 384, workingSetMiB: 104 });
    await guest.untilHot();
    void lab.migrate(guest, 'hv1', 'hv2', { bandwidthMiBps: 5 });
    await until('its memory', async () => ((await figures()).get('memory_total') ? true : undefined), 30_000);
  });
  afterEach(() => {
    for (const hypervisor of opened.splice(0)) hypervisor.dispose();
  });
  afterAll(async () => {
    await lab.down();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the host itself counts now, without a transport or a language between. */
  async function figures(): Promise<ReadonlyMap<string, number>> {
    const text = await hv1.virsh(['domjobinfo', '--rawstats', guest.uuid]);
    return new Map([...text.matchAll(/^(\w+): (\d+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
  }

  async function connect(virsh: string, configFile = lab.sshConfig): Promise<VirshHypervisor> {
    const created = new VirshHypervisor(
      { name: 'hv1', destination: 'hv1', uri: 'qemu:///system', virsh, readOnly: false, group: undefined },
      {
        connector: new SshConnector({ credentials: new CredentialStore(new MemorySecrets()), configFile }),
        log: silent,
        isMigrating: () => false,
      },
    );
    opened.push(created);
    await created.connect();
    return created;
  }

  it('are right where the user’s virsh speaks German', async () => {
    const locale = join(hv1.folder, 'locale');
    await must([...hv1.enter, 'mkdir', '-p', locale]);
    await must([...hv1.enter, 'localedef', '-i', 'de_DE', '-f', 'UTF-8', join(locale, 'de_DE.UTF-8')]);
    const sshd = await hv1.startSshd(port, [`SetEnv LANG=de_DE.UTF-8 LANGUAGE=de LOCPATH=${locale}`]);
    const config = join(folder, 'config');
    writeFileSync(
      config,
      `Host hv1\n  HostName ${hv1.address}\n  Port ${port}\n  User root\n  HostKeyAlias ${hv1.address}\n  IdentityFile ${lab.clientKey}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${lab.knownHosts}\n`,
    );
    const theirs = await run(['ssh', '-F', config, '-o', 'BatchMode=yes', 'hv1', `virsh domjobinfo ${guest.uuid}`]);
    expect(theirs.stdout).toMatch(/^Job-Typ: +Unbegrenzt/m);
    expect(theirs.stdout).not.toContain('Job type');

    const host = await connect('virsh', config);
    expect(host.status).toEqual({ kind: 'connected' });
    expect([...host.domains.values()]).toMatchObject([{ name: 'read', state: 'running' }]);
    for (const raw of [false, true]) {
      const before = await figures();
      const job = await host.run(jobInfo(guest.uuid, { raw }));
      const after = await figures();
      expect(job).toMatchObject({ type: 'unbounded', operation: 'outgoingMigration' });
      // The human form has three decimals of a MiB.
      expect(job.memoryTotalBytes).toBeGreaterThan((before.get('memory_total') ?? 0) - 2000);
      expect(job.memoryTotalBytes).toBeLessThan((after.get('memory_total') ?? 0) + 2000);
      expect(job.memoryProcessedBytes).toBeGreaterThan((before.get('memory_processed') ?? 0) - 2000);
      expect(job.memoryProcessedBytes).toBeLessThan((after.get('memory_processed') ?? 0) + 2000);
      expect(job.timeElapsedMs).toBeGreaterThanOrEqual(before.get('time_elapsed') ?? Infinity);
      expect(job.timeElapsedMs).toBeLessThanOrEqual(after.get('time_elapsed') ?? 0);
    }
    await sshd.stop();
  });

  it.each([
    ['in the middle of a figure', 'memory_remaining', '??', true],
    ['in the middle of a figure, where there are no raw ones', 'Memory remaining', '??', false],
    ['before the end of a line', 'Time elapsed', '', false],
  ])(
    'that are cut off by virsh’s death %s give a clear error, and the next question its answer',
    async (_, label, cut, raw) => {
      const died = join(hv1.folder, `died-${label.replace(' ', '-')}-${String(raw)}`);
      const virsh = await hv1.writeFile(
        'cut-virsh',
        [
          '#!/bin/sh',
          'virsh "$@" | while IFS= read -r line; do',
          '  case $line in',
          `  "${label}:"*)`,
          // Once: whoever is asked next is whole.
          `    if mkdir ${died} 2> /dev/null; then printf %s "\${line%${cut}}"; kill -KILL 0; fi`,
          '  esac',
          '  printf "%s\\n" "$line"',
          'done',
          '',
        ].join('\n'),
        0o755,
      );
      const host = await connect(virsh);
      expect(host.status).toEqual({ kind: 'connected' });
      await expect(host.run(jobInfo(guest.uuid, { raw }))).rejects.toThrow(
        /^The virsh on hv1 (ended|was ended|is gone)/,
      );
      expect(existsSync(died)).toBe(true);
      const job = await host.run(jobInfo(guest.uuid, { raw }));
      expect(job.memoryTotalBytes).toBeGreaterThan(300 * 1024 * 1024);
      await expect(host.run(domainState(guest.uuid))).resolves.toMatchObject({ state: 'running' });
    },
  );
});
