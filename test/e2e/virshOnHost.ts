import type { LabHost } from '../lab/lab.js';

/** The words of each virsh that migrates on a host, as its process list has them. */
export async function migratingVirshs(host: LabHost): Promise<string[][]> {
  const { stdout } = await host.exec([
    'sh',
    '-c',
    String.raw`for each in /proc/[0-9]*/cmdline; do tr '\0' '\t' <"$each" 2>/dev/null; echo; done`,
  ]);
  return stdout
    .split('\n')
    .map((line) => line.split('\t').filter((word) => word !== ''))
    .filter((words) => words[0]?.endsWith('virsh') === true && words.includes('migrate'));
}

/** The options that a host's own `virsh help migrate` names. */
export async function migrateOptionsOf(host: LabHost, virsh = 'virsh'): Promise<ReadonlySet<string>> {
  return new Set((await host.exec([virsh, 'help', 'migrate'])).stdout.match(/--[a-z][a-z0-9-]*/g));
}
