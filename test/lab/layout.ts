import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The lab's private network: nothing outside its own namespaces uses or sees it. */
export const bridge = 'llm-lab';
export const bridgeAddress = '10.213.77.254';
export const prefixBits = 24;

export type HostName = 'hv1' | 'hv2';

export interface HostPlan {
  readonly name: HostName;
  readonly address: string;
  readonly namespace: string;
  /** The veth's end in the root namespace. */
  readonly veth: string;
}

export const hostPlans: readonly HostPlan[] = [
  { name: 'hv1', address: '10.213.77.1', namespace: 'llm-hv1', veth: 'llm-veth1' },
  { name: 'hv2', address: '10.213.77.2', namespace: 'llm-hv2', veth: 'llm-veth2' },
];

/** All that a lab leaves on the machine while it is up; `down` removes it. */
export const stateFolder = join(tmpdir(), 'libvirt-migration-lab');
/** The guest's kernel, kept for the next time: fetching it is the slowest step. */
export const cacheFolder = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'libvirt-live-migration-lab',
);

export const clientKey = join(stateFolder, 'id_ed25519');
export const knownHosts = join(stateFolder, 'known_hosts');
export const sshConfig = join(stateFolder, 'ssh_config');

/** One host's folder: what it sees as /run, /etc/libvirt and so on. */
export function hostFolder(name: HostName): string {
  return join(stateFolder, name);
}

/** Where a guest's console is written while it runs on `host`, as seen from outside. */
export function consoleLog(host: HostName, guest: string): string {
  return join(hostFolder(host), 'log', `${guest}-console.log`);
}
