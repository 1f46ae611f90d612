import { hostsFile } from './hostScript.js';
import type { HostName, Lab } from './lab.js';

/** Faults that are planted on the lab's hosts, as a host really has them, until `undo`. */
export class Plants {
  private readonly steps: (() => Promise<unknown>)[] = [];

  constructor(private readonly lab: Lab) {}

  /** Takes all of it back, the last one first. */
  async undo(): Promise<void> {
    for (const step of this.steps.splice(0).reverse()) await step();
  }

  /** What a host has of its own: by one command, and taken back by another. */
  async on(name: HostName, does: readonly string[], undoes: readonly string[]): Promise<void> {
    const host = this.lab.host(name);
    const { code, stderr } = await host.exec(does);
    if (code !== 0) throw new Error(`${name}: ${does.join(' ')}: ${stderr}`);
    this.steps.push(() => host.exec(undoes));
  }

  /** A rule for what comes in to hv2. */
  firewall(...rule: readonly string[]): Promise<void> {
    return this.on('hv2', ['iptables', '-A', 'INPUT', ...rule], ['iptables', '-D', 'INPUT', ...rule]);
  }

  /** hv1 alone does not reach hv2's libvirtd; whoever watches both does. */
  unreachableFromSource(): Promise<void> {
    return this.firewall('-p', 'tcp', '-s', this.lab.host('hv1').address, '--dport', '16509', '-j', 'DROP');
  }

  closedMigrationPorts(...target: readonly string[]): Promise<void> {
    return this.firewall('-p', 'tcp', '--dport', '49152:49215', ...target);
  }

  /** Gives a name to 127.0.1.1 in a host's own hosts file. */
  async loopback(host: HostName, named: HostName): Promise<void> {
    await this.lab.host(host).writeFile('hosts', hostsFile(named));
    this.steps.push(() => this.lab.host(host).writeFile('hosts', hostsFile()));
  }

  /** The kernel of a host says that it has next to nothing free. */
  async noMemory(name: HostName): Promise<void> {
    const fake = String.raw`sed 's/^\(MemFree\|MemAvailable\|Buffers\|Cached\): .*/\1: 1024 kB/' /proc/meminfo >/run/meminfo && mount --bind /run/meminfo /proc/meminfo`;
    await this.on(name, ['sh', '-c', fake], ['umount', '/proc/meminfo']);
  }

  /** A network that hands its guests to a bridge, on one host only. */
  async network(host: HostName, network: string, bridge: string): Promise<void> {
    const xml = `<network><name>${network}</name><forward mode='bridge'/><bridge name='${bridge}'/></network>`;
    const file = await this.lab.host(host).writeFile('net.xml', xml);
    await this.on(host, ['virsh', 'net-create', file], ['virsh', 'net-destroy', network]);
  }

  bridge(host: HostName, name: string): Promise<void> {
    return this.on(host, ['ip', 'link', 'add', name, 'type', 'bridge'], ['ip', 'link', 'del', name]);
  }
}
