import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { diskPath, domainXml, type GuestPlan } from './domainXml.js';
import type { LabHost } from './host.js';
import { beatLine, changedLine, hotLine } from './initramfs.js';
import { consoleLog, type HostName } from './layout.js';
import { until } from './run.js';

const hotLimitMs = 60_000;
const aliveLimitMs = 30_000;

/** What a guest says once a second. */
export interface Beat {
  readonly count: number;
  /** By the guest's own clock. */
  readonly uptimeSeconds: number;
}

/** A running guest: cheap to run (a sleep between steps), impossible to migrate when hot and held to less than it writes. */
export class Guest {
  private constructor(
    readonly name: string,
    readonly uuid: string,
    private readonly start: LabHost,
    private readonly hosts: readonly LabHost[],
  ) {}

  static async start(host: LabHost, plan: GuestPlan, hosts: readonly LabHost[]): Promise<Guest> {
    const uuid = randomUUID();
    const xml = domainXml(plan, uuid);
    const { diskMiB = 0 } = plan;
    if (diskMiB > 0) await makeDisk(host, uuid, diskMiB, hosts);
    const file = await host.writeFile(`${uuid}.xml`, xml);
    if (plan.persistent === true) {
      await host.virsh(['define', file]);
      await host.virsh(['start', uuid]);
    } else await host.virsh(['create', file]);
    return new Guest(plan.name, uuid, host, hosts);
  }

  /** What it has printed on a host. Each host has a log of its own: after a migration the other one grows. */
  async console(host: HostName): Promise<string> {
    return readFile(consoleLog(host, this.uuid), 'latin1').catch(() => '');
  }

  /** Its heartbeats on that host, in order. */
  async beats(host: HostName): Promise<readonly Beat[]> {
    return [...(await this.console(host)).matchAll(beatLine)].map(([, count, uptime]) => ({
      count: Number(count),
      uptimeSeconds: Number(uptime),
    }));
  }

  /** Whether its load has changed on its way, as loads that stop or start do, and it said so on either host. */
  async hasChanged(): Promise<boolean> {
    const told = await Promise.all(this.hosts.map(({ name }) => this.console(name)));
    return told.some((text) => changedLine.test(text));
  }

  /** Its last heartbeat on that host: one more each second that it runs. Undefined where it never beat. */
  async lastBeat(host: HostName): Promise<number | undefined> {
    return (await this.beats(host)).at(-1)?.count;
  }

  /** Waits until its working set is filled and its load runs. */
  async untilHot(host: HostName = this.start.name): Promise<void> {
    await until(
      `${this.name} hot`,
      async () => (hotLine.test(await this.console(host)) ? true : undefined),
      hotLimitMs,
    );
  }

  /** Waits until it beats on, on that host, past `beat`. */
  async untilBeatAfter(host: HostName, beat: number): Promise<number> {
    return until(
      `${this.name} alive on ${host}`,
      async () => {
        const last = await this.lastBeat(host);
        return last !== undefined && last > beat ? last : undefined;
      },
      aliveLimitMs,
    );
  }

  /** Nothing of it stays, on either host. A migration that it is in ends first. */
  async destroy(): Promise<void> {
    for (const host of this.hosts) await removeDomain(host, this.uuid);
  }
}

/** Defines a guest that is not started: what no host here could run can be looked at so. Returns its UUID. */
export async function defineGuest(host: LabHost, plan: GuestPlan, uuid: string = randomUUID()): Promise<string> {
  await host.virsh(['define', await host.writeFile(`${uuid}.xml`, domainXml(plan, uuid))]);
  return uuid;
}

/** Not an error where there is no such domain. */
export async function removeDomain(host: LabHost, uuid: string): Promise<void> {
  for (const command of ['domjobabort', 'destroy', 'undefine']) await host.exec(['virsh', command, uuid]);
  await host.exec(['rm', '-f', diskPath(uuid)]);
}

/** A hole would not be copied, so the disk is full; its copy's place is a hole, which libvirt wants to exist. */
async function makeDisk(host: LabHost, uuid: string, sizeMiB: number, hosts: readonly LabHost[]): Promise<void> {
  const path = diskPath(uuid);
  for (const each of hosts) {
    const argv =
      each === host
        ? ['dd', 'if=/dev/urandom', `of=${path}`, 'bs=1M', `count=${sizeMiB}`]
        : ['truncate', '-s', `${sizeMiB}M`, path];
    const { stderr, code } = await each.exec(argv);
    if (code !== 0) throw new Error(`a disk on ${each.name}: ${stderr.trim()}`);
  }
}
