import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The lab's private network: nothing outside its own namespaces uses or sees it, but for one link of this machine's. */
export const ownLink = 'llm-lab';
export const ownAddress = '10.213.77.254';
export const prefixBits = 24;
/**
 * The bridge has a namespace of its own: what crosses a bridge of this machine's would be for its firewall to judge, and
 * Docker's drops what it doesn't know.
 */
export const switchNamespace = 'llm-switch';

export type HostName = 'hv1' | 'hv2';

export interface HostPlan {
  readonly name: HostName;
  readonly address: string;
  readonly namespace: string;
  /** The switch's end of its cable; its own end is eth0. */
  readonly port: string;
}

export const hostPlans: readonly HostPlan[] = [
  { name: 'hv1', address: '10.213.77.1', namespace: 'llm-hv1', port: 'to-hv1' },
  { name: 'hv2', address: '10.213.77.2', namespace: 'llm-hv2', port: 'to-hv2' },
];

/** All that a lab leaves on the machine while it is up; `down` removes it. */
export const stateFolder = join(tmpdir(), 'libvirt-migration-lab');
/** The guest's kernel, kept for the next time: fetching it is the slowest step. */
export const cacheFolder = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'libvirt-live-migration-lab',
);

export const guestKernel = join(stateFolder, 'vmlinuz');
export const guestInitrd = join(stateFolder, 'initrd');

export const clientKey = join(stateFolder, 'id_ed25519');
export const knownHosts = join(stateFolder, 'known_hosts');
export const sshConfig = join(stateFolder, 'ssh_config');

/** One host's folder: what it sees as /run, /etc/libvirt and so on. */
export function hostFolder(name: HostName): string {
  return join(stateFolder, name);
}

/** What a host's QEMU proves itself by, and knows the other's by. */
export function certificatesFolder(name: HostName): string {
  return join(hostFolder(name), 'pki');
}

/** The start script of a host: its path is what tells the host's processes from all others. */
export function bootScript(name: HostName): string {
  return join(hostFolder(name), 'boot.sh');
}

/** Where a guest's console is written while it runs on `host`, as seen from outside. */
export function consoleLog(host: HostName, uuid: string): string {
  return join(hostFolder(host), 'log', `${uuid}-console.log`);
}
