import type { LabHost } from '../lab/lab.js';

/** The kernel's unit of CPU time in /proc, by its own fixed ABI for user space: 100 a second. */
const msPerTick = 10;

/**
 * CPU time that a lab host has spent on serving SSH and virsh, in ms: sshd, libvirtd, and what they have waited for. QEMU is
 * left out: the guest's work is no cost of watching it. Take differences only after the connections are closed, when sshd
 * has reaped its sessions.
 */
export async function serviceCpuMs(host: LabHost): Promise<number> {
  const script =
    'for p in /proc/[0-9]*; do c=$(cat $p/comm 2>/dev/null) || continue; case $c in sshd*|libvirtd|virsh) cat $p/stat;; esac; done';
  const { stdout } = await host.exec(['sh', '-c', script]);
  return stdout.split('\n').reduce((sum, stat) => sum + ticksOf(stat) * msPerTick, 0);
}

/** utime, stime, cutime and cstime are fields 14 to 17; the name in parentheses before them may hold spaces. */
function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + (Number(field) || 0), 0);
}
