import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Guest, type GuestPlan } from './guest.js';
import { type GuestImage, guestImage } from './guestImage.js';
import { LabHost, sshPort } from './host.js';
import { hostScript, hostsFile, libvirtdConf, qemuConf, sshdConfig } from './hostScript.js';
import {
  bridge,
  bridgeAddress,
  cacheFolder,
  clientKey,
  hostFolder,
  type HostName,
  type HostPlan,
  hostPlans,
  knownHosts,
  prefixBits,
  sshConfig,
  stateFolder,
} from './layout.js';
import { hostPid, removeEverything } from './leftovers.js';
import { labMissing } from './missing.js';
import { must, run, until } from './run.js';

export { Guest, type GuestPlan } from './guest.js';
export { LabHost } from './host.js';
export { type HostName } from './layout.js';
export { labMissing } from './missing.js';

const bootLimitMs = 30_000;

export interface MigrateOptions {
  readonly bandwidthMiBps?: number;
  readonly postcopy?: boolean;
  /** Further words for virsh migrate. */
  readonly extra?: readonly string[];
}

/** A `virsh migrate` that somebody runs on the source, as an operator would. */
export interface RunningMigrate {
  /** Resolves when virsh ends, with its words, whatever they are. */
  readonly done: Promise<{ readonly code: number; readonly stderr: string }>;
}

/** Two hypervisors, `hv1` and `hv2`, with libvirtd and sshd of their own, on one machine. One lab a machine. */
export class Lab {
  private constructor(
    private readonly hosts: readonly LabHost[],
    private readonly image: GuestImage,
  ) {}

  /** For ssh -F, and the setting that names it. */
  readonly sshConfig = sshConfig;
  readonly clientKey = clientKey;
  readonly knownHosts = knownHosts;

  /** Brings it up. Clears what a crashed run has left; refuses while another run has it. */
  static async up(): Promise<Lab> {
    const missing = labMissing();
    if (missing !== undefined) throw new Error(missing);
    await refuseIfTaken();
    await removeEverything();
    await mkdir(stateFolder, { recursive: true, mode: 0o755 });
    await writeFile(ownerFile, String(process.pid));
    try {
      await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', clientKey]);
      await makeNetwork();
      const [image] = await Promise.all([guestImage(), ...hostPlans.map(boot)]);
      const hosts = await Promise.all(hostPlans.map(attach));
      await writeSshFiles();
      await Promise.all(hosts.map(untilAnswers));
      return new Lab(hosts, image);
    } catch (error) {
      await removeEverything();
      throw error;
    }
  }

  /** The lab that is up, whoever brought it up; undefined when none is. */
  static async find(): Promise<Lab | undefined> {
    for (const { name } of hostPlans) if ((await hostPid(hostFolder(name))) === undefined) return undefined;
    const image = { kernel: join(cacheFolder, 'vmlinuz'), initrd: join(stateFolder, 'initrd') };
    return new Lab(await Promise.all(hostPlans.map(attach)), image);
  }

  /** Takes down the lab, or what is left of one. */
  static down(): Promise<void> {
    return removeEverything();
  }

  down(): Promise<void> {
    return removeEverything();
  }

  /** The lab stays up when this process ends: for the command line. */
  async leaveUp(): Promise<void> {
    await writeFile(ownerFile, 'by hand');
  }

  host(name: HostName): LabHost {
    const host = this.hosts.find((candidate) => candidate.name === name);
    if (host === undefined) throw new Error(`the lab has no host ${name}`);
    return host;
  }

  startGuest(host: HostName, plan: GuestPlan): Promise<Guest> {
    return Guest.start(this.host(host), plan, this.image);
  }

  /** Starts a plain `virsh migrate` on the source, held to 20 MiB/s unless told otherwise. */
  migrate(uuid: string, from: HostName, to: HostName, options: MigrateOptions = {}): RunningMigrate {
    const { bandwidthMiBps = 20, postcopy = false, extra = [] } = options;
    const argv = [
      'virsh',
      'migrate',
      '--live',
      '--p2p',
      ...(bandwidthMiBps > 0 ? ['--bandwidth', String(bandwidthMiBps)] : []),
      ...(postcopy ? ['--postcopy'] : []),
      ...extra,
      uuid,
      `qemu+tcp://${to}/system`,
      `tcp://${to}`,
    ];
    return { done: this.host(from).exec(argv) };
  }

  /** Removes every guest from both hosts, so that the next test starts on an empty lab. */
  async clear(): Promise<void> {
    for (const host of this.hosts) {
      const { stdout } = await host.exec(['virsh', 'list', '--all', '--uuid']);
      for (const uuid of stdout.split('\n').filter((line) => line !== '')) {
        await host.exec(['virsh', 'domjobabort', uuid]);
        await host.exec(['virsh', 'destroy', uuid]);
        await host.exec(['virsh', 'undefine', uuid]);
      }
    }
  }
}

const ownerFile = join(stateFolder, 'owner.pid');

/** One lab a machine: its addresses and namespaces have fixed names. */
async function refuseIfTaken(): Promise<void> {
  const owner = await readFile(ownerFile, 'utf8').catch(() => undefined);
  if (owner === undefined || owner === String(process.pid)) return;
  if (owner === 'by hand' || existsSync(`/proc/${owner}`)) {
    const who = owner === 'by hand' ? 'was brought up by hand' : `belongs to process ${owner}`;
    throw new Error(`A lab is up already and ${who}. Take it down first: npm run lab -- down`);
  }
}

async function makeNetwork(): Promise<void> {
  await must(['ip', 'link', 'add', bridge, 'type', 'bridge']);
  await must(['ip', 'addr', 'add', `${bridgeAddress}/${prefixBits}`, 'dev', bridge]);
  await must(['ip', 'link', 'set', bridge, 'up']);
  for (const { namespace, veth, address } of hostPlans) {
    await must(['ip', 'netns', 'add', namespace]);
    await must(['ip', 'link', 'add', veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
    await must(['ip', 'link', 'set', veth, 'master', bridge, 'up']);
    await must(['ip', '-n', namespace, 'addr', 'add', `${address}/${prefixBits}`, 'dev', 'eth0']);
    await must(['ip', '-n', namespace, 'link', 'set', 'eth0', 'up']);
  }
}

async function boot(plan: HostPlan): Promise<void> {
  const folder = hostFolder(plan.name);
  for (const name of ['run', 'etc', 'lib', 'log', 'cache', 'conf'])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'hosts'), hostsFile());
  await writeFile(join(folder, 'conf', 'libvirtd.conf'), libvirtdConf(plan, randomUUID()));
  await writeFile(join(folder, 'conf', 'qemu.conf'), qemuConf(plan));
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', plan.name, '-f', join(folder, 'host_key')]);
  await writeFile(join(folder, 'authorized_keys'), await readFile(`${clientKey}.pub`));
  await writeFile(join(folder, 'sshd_config'), sshdConfig(plan, sshPort, join(folder, 'sshd.pid')));
  const script = join(folder, 'boot.sh');
  await writeFile(script, hostScript(plan), { mode: 0o755 });

  const log = openSync(join(folder, 'boot.log'), 'a');
  const namespaces = ['--mount', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const child = spawn('ip', ['netns', 'exec', plan.namespace, 'unshare', ...namespaces, script], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  if (child.pid === undefined) throw new Error(`${plan.name} could not be started`);
  // `ip netns exec` becomes unshare: the pid stays.
  await writeFile(join(folder, 'unshare.pid'), String(child.pid));
  await until(
    `the start of ${plan.name} (see ${folder}/boot.log)`,
    () => Promise.resolve(existsSync(join(folder, 'started')) ? true : undefined),
    bootLimitMs,
  );
}

/** Finds a host's process 1: the one child of its unshare. */
async function attach(plan: HostPlan): Promise<LabHost> {
  const unshare = await hostPid(hostFolder(plan.name));
  if (unshare === undefined) throw new Error(`${plan.name} is not running`);
  const child = (await readFile(`/proc/${unshare}/task/${unshare}/children`, 'utf8')).trim().split(' ')[0];
  if (child === undefined || child === '') throw new Error(`${plan.name} has no process 1`);
  return new LabHost(plan, Number(child));
}

async function untilAnswers(host: LabHost): Promise<void> {
  await until(
    `libvirtd on ${host.name}`,
    async () => ((await host.exec(['virsh', 'list'])).code === 0 ? true : undefined),
    bootLimitMs,
  );
  await until(
    `sshd on ${host.name}`,
    async () =>
      (await run(['ssh', '-F', sshConfig, '-o', 'BatchMode=yes', host.name, 'true'])).code === 0 ? true : undefined,
    bootLimitMs,
  );
}

async function writeSshFiles(): Promise<void> {
  const keys = await Promise.all(
    hostPlans.map(async ({ name, address }) => {
      const [type, key] = (await readFile(join(hostFolder(name), 'host_key.pub'), 'utf8')).split(' ');
      return `${address} ${type ?? ''} ${key ?? ''}\n`;
    }),
  );
  await writeFile(knownHosts, keys.join(''));
  const hosts = hostPlans.map(
    ({ name, address }) =>
      `Host ${name}\n  HostName ${address}\n  User root\n  IdentityFile ${clientKey}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${knownHosts}\n`,
  );
  await writeFile(sshConfig, hosts.join('\n'));
}
