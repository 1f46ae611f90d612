import { until } from '../editor/waiting.js';
import type { LabHost } from './host.js';

/** Only a limit of waiting: a window that was just opened connects first. */
const leftLimitMs = 30_000;

/** The words of every virsh that migrates, as the host's process list has them. */
export async function migrating(host: LabHost): Promise<readonly (readonly string[])[]> {
  const { stdout } = await host.exec([
    'sh',
    '-c',
    'for each in /proc/[0-9]*; do [ "$(cat $each/comm 2>/dev/null)" = virsh ] && { cat $each/cmdline; echo; }; done; :',
  ]);
  return stdout
    .split('\n')
    .map((line) => line.split('\0').slice(0, -1))
    .filter((words) => words.includes('migrate'));
}

/** What is left on the source of anything that was started: folders and processes. */
export async function leftOn(host: LabHost): Promise<string> {
  const { stdout } = await host.exec([
    'sh',
    '-c',
    // Written so that the shell that looks does not find itself. /var/tmp is the host's own, as its processes are.
    'ls -d /var/tmp/* 2>/dev/null; grep -l "libvirt-live-migratio[n]" /proc/[0-9]*/cmdline 2>/dev/null; :',
  ]);
  return stdout.trim();
}

/** Waits until nothing of any start is on the host any more, neither a file nor a process. */
export async function untilNothingIsLeft(host: LabHost): Promise<void> {
  const isClean = async (): Promise<boolean> => (await leftOn(host)) === '' && (await migrating(host)).length === 0;
  await until(`a clean ${host.name}`, isClean, leftLimitMs);
}
