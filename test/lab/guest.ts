import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import type { GuestImage } from './guestImage.js';
import type { LabHost } from './host.js';
import { consoleLog, type HostName } from './layout.js';
import { until } from './run.js';

/** How a guest writes its memory: not at all, for ever, in bursts of two passes with 10 s between, or for a while. */
export type Load = 'idle' | 'hot' | 'bursty' | 'stops';

export interface GuestPlan {
  /** Anything libvirt takes: spaces, quotes, emoji. */
  readonly name: string;
  readonly title?: string;
  readonly memoryMiB?: number;
  /** A multiple of 8. */
  readonly workingSetMiB?: number;
  /** MiB/s at most; 0 is as fast as it goes. */
  readonly rateMiBps?: number;
  readonly load?: Load;
  /** With load `stops`: after how many seconds. */
  readonly loadSeconds?: number;
  /** Defined, not only created: it stays on its host, shut off, after a migration. */
  readonly persistent?: boolean;
  /** Raw XML for <metadata>. */
  readonly metadata?: string;
}

const hotLimitMs = 60_000;

/** A running guest: cheap to run (a sleep between steps), impossible to migrate when hot and held to less than it writes. */
export class Guest {
  private constructor(
    readonly name: string,
    readonly uuid: string,
    private readonly file: string,
  ) {}

  static async start(host: LabHost, plan: GuestPlan, image: GuestImage): Promise<Guest> {
    const uuid = randomUUID();
    const guest = new Guest(plan.name, uuid, uuid);
    const xml = domainXml(plan, uuid, image);
    const file = await host.writeFile(`${uuid}.xml`, xml);
    if (plan.persistent === true) {
      await host.virsh(['define', file]);
      await host.virsh(['start', uuid]);
    } else await host.virsh(['create', file]);
    return guest;
  }

  /** What it has printed on a host, as far as that host's QEMU has written it. */
  async console(host: HostName): Promise<string> {
    return readFile(consoleLog(host, this.file), 'latin1').catch(() => '');
  }

  /** Its last heartbeat on that host: one more each second that it runs. Undefined where it never beat. */
  async lastBeat(host: HostName): Promise<number | undefined> {
    // A line that is still being written may lack digits.
    const beats = [...(await this.console(host)).matchAll(/BEAT (\d+)\r?\n/g)];
    const last = beats.at(-1)?.[1];
    return last === undefined ? undefined : Number(last);
  }

  /** Waits until its working set is filled and its load runs. */
  async untilHot(host: HostName): Promise<void> {
    await until(
      `${this.name} hot`,
      async () => (/HOT\r?\n/.test(await this.console(host)) ? true : undefined),
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
      30_000,
    );
  }
}

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function domainXml(plan: GuestPlan, uuid: string, image: GuestImage): string {
  const { name, title, memoryMiB = 512, workingSetMiB = 200, rateMiBps = 60, load = 'hot', loadSeconds = 0 } = plan;
  const cmdline = `console=ttyS0 quiet ws=${workingSetMiB} rate=${rateMiBps} load=${load} for=${loadSeconds}`;
  return `<domain type='qemu'>
  <name>${escapeXml(name)}</name>
  <uuid>${uuid}</uuid>
  ${title === undefined ? '' : `<title>${escapeXml(title)}</title>`}
  ${plan.metadata === undefined ? '' : `<metadata>${plan.metadata}</metadata>`}
  <memory unit='MiB'>${memoryMiB}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${image.kernel}</kernel><initrd>${image.initrd}</initrd><cmdline>${cmdline}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='custom' match='exact'><model>qemu64</model></cpu>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <memballoon model='none'/>
    <serial type='file'><source path='/var/log/libvirt/${uuid}-console.log'/></serial>
  </devices>
</domain>
`;
}
