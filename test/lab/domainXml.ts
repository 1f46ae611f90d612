import { guestInitrd, guestKernel } from './layout.js';

/**
 * How a guest writes its memory: not at all; for ever, slowly (`cool`) or fast (`hot`); in bursts of two passes with 10 s
 * between; for a while; or not for a while.
 */
export type Load = 'idle' | 'cool' | 'hot' | 'bursty' | 'stops' | 'starts';

export const loads: readonly Load[] = ['idle', 'cool', 'hot', 'bursty', 'stops', 'starts'];

export interface GuestPlan {
  /** Anything libvirt takes: spaces, quotes, emoji. */
  readonly name: string;
  readonly title?: string;
  readonly memoryMiB?: number;
  readonly vcpus?: number;
  /** What its load rewrites, in whole steps of 8; what fits, up to 200, unless told otherwise, and nothing for an idle guest. */
  readonly workingSetMiB?: number;
  /** MiB/s at most; 0 is as fast as it goes. 60 unless told otherwise, and 4 for a cool guest. */
  readonly rateMiBps?: number;
  readonly load?: Load;
  /** How much it writes in one go: 8 unless told otherwise. */
  readonly stepMiB?: 1 | 2 | 4 | 8;
  /** It writes here and there in its working set, not from one end to the other. */
  readonly scattered?: boolean;
  /** Each pass changes only a few bytes of a page, so that xbzrle has something to compress. */
  readonly alike?: boolean;
  /** With load `stops` or `starts`: after how many seconds. */
  readonly loadSeconds?: number;
  /** With load `stops`: at how many MiB/s it goes on then. 0, not at all, unless told otherwise. */
  readonly thenMiBps?: number;
  /** Defined, not only created: it stays on its host, shut off, after a migration. */
  readonly persistent?: boolean;
  /** A disk of random bytes on its host, and room for a copy of it on the other: for --copy-storage-all. */
  readonly diskMiB?: number;
  /** Raw XML in place of its <cpu>, and more of it for <devices>: what a pre-flight is to find. */
  readonly cpuXml?: string;
  readonly devicesXml?: string;
  /** Raw XML for <metadata>: `novaMetadata`, or anything. */
  readonly metadata?: string;
  /** Carries what CloudStack's agent gives its guests; their names are like i-2-7-VM. */
  readonly cloudStack?: boolean;
}

/** What the kernel, init and the tmpfs' own tenth take. */
const overheadMiB = 100;
const smallestMiB = 128;

/** What OpenStack's Nova writes about an instance. */
export function novaMetadata(instanceName: string, flavor = 'm1.small'): string {
  return `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:package version="26.1.0"/><nova:name>${escapeXml(instanceName)}</nova:name><nova:creationTime>2026-01-07 09:12:44</nova:creationTime><nova:flavor name="${escapeXml(flavor)}"><nova:memory>512</nova:memory><nova:vcpus>1</nova:vcpus></nova:flavor></nova:instance>`;
}

const cloudStackSysinfo = `<sysinfo type='smbios'><system>
    <entry name='manufacturer'>Apache Software Foundation</entry>
    <entry name='product'>CloudStack KVM Hypervisor</entry>
  </system></sysinfo>`;

export function domainXml(plan: GuestPlan, uuid: string): string {
  const { name, title, metadata, memoryMiB = 512, vcpus = 1, load = 'hot', loadSeconds = 30, diskMiB = 0 } = plan;
  const cloudStack = plan.cloudStack === true;
  const workingSetMiB = workingSet(plan, memoryMiB, load);
  const rateMiBps = plan.rateMiBps ?? (load === 'cool' ? 4 : 60);
  const cmdline = `console=ttyS0 quiet ws=${workingSetMiB} rate=${rateMiBps} load=${load} for=${loadSeconds} then=${plan.thenMiBps ?? 0} alike=${flag(plan.alike)} step=${plan.stepMiB ?? 8} scattered=${flag(plan.scattered)}`;
  return `<domain type='qemu'>
  <name>${escapeXml(name)}</name>
  <uuid>${uuid}</uuid>
  ${title === undefined ? '' : `<title>${escapeXml(title)}</title>`}
  ${metadata === undefined ? '' : `<metadata>${metadata}</metadata>`}
  <memory unit='MiB'>${memoryMiB}</memory>
  <vcpu>${vcpus}</vcpu>
  ${cloudStack ? cloudStackSysinfo : ''}
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>${guestKernel}</kernel><initrd>${guestInitrd}</initrd><cmdline>${cmdline}</cmdline>
    ${cloudStack ? "<smbios mode='sysinfo'/>" : ''}
  </os>
  <features><acpi/></features>
  ${plan.cpuXml ?? "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"}
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    ${diskMiB > 0 ? diskXml(uuid) : ''}
    ${plan.devicesXml ?? ''}
    <memballoon model='none'/>
    <serial type='file'><source path='/var/log/libvirt/${uuid}-console.log'/></serial>
  </devices>
</domain>
`;
}

function flag(is: boolean | undefined): number {
  return is === true ? 1 : 0;
}

export function diskPath(uuid: string): string {
  return `/var/lib/libvirt/images/${uuid}.raw`;
}

/** The guest has no driver for it and lets it alone; its copy moves all the same. */
function diskXml(uuid: string): string {
  return `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${diskPath(uuid)}'/><target dev='vda' bus='virtio'/></disk>`;
}

function workingSet(plan: GuestPlan, memoryMiB: number, load: Load): number {
  const roomMiB = memoryMiB - overheadMiB;
  if (memoryMiB < smallestMiB) throw new Error(`A guest needs ${smallestMiB} MiB of memory; ${memoryMiB} are too few.`);
  const asked = plan.workingSetMiB ?? (load === 'idle' ? 0 : Math.min(200, roomMiB - (roomMiB % 8)));
  if (asked > roomMiB)
    throw new Error(`A guest of ${memoryMiB} MiB has room for a working set of ${roomMiB} MiB, not ${asked}.`);
  return asked;
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&'"\n\t\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
