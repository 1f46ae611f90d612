import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificates } from './certificates.js';
import type { GuestPlan } from './domainXml.js';
import { Guest, removeDomain } from './guest.js';
import type { LabHost } from './host.js';
import { attachHost, bootHost, untilAnswers } from './hostBoot.js';
import { makeInitramfs } from './initramfs.js';
import { provideKernel } from './kernel.js';
import {
  clientKey,
  guestInitrd,
  guestKernel,
  type HostName,
  hostPlans,
  knownHosts,
  sshConfig,
  stateFolder,
} from './layout.js';
import { removeEverything } from './leftovers.js';
import { releaseLock, takeLock } from './lock.js';
import { type MigrateOptions, migrateWords, type RunningMigrate } from './migrate.js';
import { labMissing } from './missing.js';
import { makeNetwork } from './network.js';
import { hostKeeper } from './processes.js';
import { makeKey, writeSshFiles } from './sshFiles.js';

export { type GuestPlan, type Load, novaMetadata } from './domainXml.js';
export { type Beat, defineGuest, Guest } from './guest.js';
export { type ExtraSshd, LabHost } from './host.js';
export { type HostName } from './layout.js';
export { type MigrateOptions, type RunningMigrate } from './migrate.js';
export { labMissing } from './missing.js';

/** Says whose the lab is: a process's number, or `byHand`. */
const ownerFile = join(stateFolder, 'owner');
const byHand = 'by hand';

export interface DomainStatus {
  readonly uuid: string;
  readonly name: string;
  readonly state: string;
  /** domjobinfo's first lines while it migrates away. */
  readonly job: string | undefined;
}

export interface HostStatus {
  readonly name: HostName;
  readonly address: string;
  readonly domains: readonly DomainStatus[];
}

export interface LabOptions {
  /** Hosts whose daemons, and who logs in there, see a clock that is ahead by so many seconds. */
  readonly clockAheadSeconds?: Partial<Record<HostName, number>>;
}

/** Two hypervisors, `hv1` and `hv2`, with libvirtd and sshd of their own, on one machine. One lab a machine. */
export class Lab {
  private readonly started: Guest[] = [];

  private constructor(private readonly hosts: readonly LabHost[]) {}

  /** For ssh -F, and the setting that names it. */
  readonly sshConfig = sshConfig;
  readonly clientKey = clientKey;
  readonly knownHosts = knownHosts;
  readonly stateFolder = stateFolder;

  /** Brings it up. Clears what a crashed run has left; refuses while another run has it. */
  static async up(options: LabOptions = {}): Promise<Lab> {
    const missing = labMissing(options.clockAheadSeconds !== undefined);
    if (stateFolder.startsWith('/root/'))
      throw new Error(
        `The lab's hosts have a /root of their own, so its state can't be in ${stateFolder}: set TMPDIR.`,
      );
    if (missing !== undefined) throw new Error(missing);
    if (!(await takeLock())) throw new Error(`A lab is up already and belongs to process ${(await owner()) ?? '?'}.`);
    try {
      if ((await owner()) === byHand && (await runs()))
        throw new Error('A lab is up already, brought up by hand. Take it down first: npm run lab -- down');
      await removeEverything();
      const hosts = await build(options).catch(async (error: unknown) => {
        await removeEverything();
        throw error;
      });
      return new Lab(hosts);
    } catch (error) {
      await releaseLock();
      throw error;
    }
  }

  /** The lab that is up, whoever brought it up; undefined when none is. */
  static async find(): Promise<Lab | undefined> {
    return (await runs()) ? new Lab(await Promise.all(hostPlans.map(attachHost))) : undefined;
  }

  /** Takes down the lab, or what is left of one. That of another process only by `force`. */
  static async down(force = false): Promise<void> {
    if (!(await takeLock()) && !force)
      throw new Error(`The lab belongs to process ${(await owner()) ?? '?'}: end that, or use --force.`);
    await removeEverything();
    await releaseLock();
  }

  down(): Promise<void> {
    return Lab.down();
  }

  /** The lab stays up when this process ends: for the command line. */
  async leaveUp(): Promise<void> {
    await writeFile(ownerFile, byHand);
    await releaseLock();
  }

  host(name: HostName): LabHost {
    const host = this.hosts.find((candidate) => candidate.name === name);
    if (host === undefined) throw new Error(`the lab has no host ${name}`);
    return host;
  }

  async startGuest(host: HostName, plan: GuestPlan): Promise<Guest> {
    const guest = await Guest.start(this.host(host), plan, this.hosts);
    this.started.push(guest);
    return guest;
  }

  /** Those that were started since the lab was up or was cleared, wherever they are now. */
  get guests(): readonly Guest[] {
    return this.started;
  }

  /** Starts a plain `virsh migrate` on the source, held to 20 MiB/s unless told otherwise. */
  migrate(guest: string | Guest, from: HostName, to: HostName, options: MigrateOptions = {}): RunningMigrate {
    const uuid = typeof guest === 'string' ? guest : guest.uuid;
    const started = this.host(from).start(migrateWords(uuid, this.host(to), options));
    return {
      done: started.then((running) => running.done),
      kill: () => void started.then((running) => running.kill()),
    };
  }

  /** Removes every guest from both hosts, so that the next test starts on an empty lab. */
  async clear(): Promise<void> {
    for (const host of this.hosts) for (const uuid of await host.domains()) await removeDomain(host, uuid);
    this.started.length = 0;
  }

  async status(): Promise<readonly HostStatus[]> {
    return Promise.all(
      this.hosts.map(async (host) => ({
        name: host.name,
        address: host.address,
        domains: await Promise.all((await host.domains()).map((uuid) => domainStatus(host, uuid))),
      })),
    );
  }
}

async function build({ clockAheadSeconds }: LabOptions): Promise<readonly LabHost[]> {
  await mkdir(stateFolder, { recursive: true, mode: 0o755 });
  await writeFile(ownerFile, String(process.pid));
  await makeKey(clientKey, 'lab');
  await makeNetwork();
  await Promise.all([
    provideKernel(guestKernel),
    makeInitramfs(guestInitrd),
    makeCertificates(),
    ...hostPlans.map((plan) => bootHost(plan, clockAheadSeconds?.[plan.name])),
  ]);
  const hosts = await Promise.all(hostPlans.map(attachHost));
  await writeSshFiles();
  await Promise.all(hosts.map(untilAnswers));
  return hosts;
}

async function owner(): Promise<string | undefined> {
  return existsSync(ownerFile) ? readFile(ownerFile, 'utf8') : undefined;
}

async function runs(): Promise<boolean> {
  const keepers = await Promise.all(hostPlans.map(({ name }) => hostKeeper(name)));
  return keepers.every((keeper) => keeper !== undefined);
}

async function domainStatus(host: LabHost, uuid: string): Promise<DomainStatus> {
  const [name, state, job] = await Promise.all([
    host.exec(['virsh', 'domname', uuid]),
    host.stateOf(uuid),
    host.exec(['virsh', 'domjobinfo', uuid]),
  ]);
  const migrates = job.code === 0 && !job.stdout.startsWith('Job type:         None');
  return {
    uuid,
    name: name.stdout.trim(),
    state: state ?? 'gone',
    job: migrates ? job.stdout.trim() : undefined,
  };
}
