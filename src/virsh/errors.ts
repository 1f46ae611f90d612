import { cleanForLog } from '../base/cleanText.js';
import { messageOf } from '../base/errors.js';

/** Said by a long-lived virsh when libvirtd restarts: no command's own error. */
const reconnectNoise = [
  /^Disconnected from .* due to /,
  /^Reconnected to the hypervisor$/,
  /^internal error: client socket is closed$/,
];

/**
 * What virsh refused, out of its error stream: libvirt's lines in one, without `error: `. Undefined when it is empty but for
 * the two lines of a reconnect.
 */
export function virshErrorOf(stderr: string): string | undefined {
  const lines = stderr
    .split('\n')
    .map((line) => cleanForLog(line.replace(/\r$/, '').replace(/^error: ?/, '')).trim())
    .filter((line) => line !== '' && !reconnectNoise.some((noise) => noise.test(line)));
  return lines.length === 0 ? undefined : lines.join(': ');
}

const advices: readonly [RegExp, string][] = [
  [/no job is active on the domain/i, 'The migration has ended meanwhile.'],
  [
    /VIR_MIGRATE_POSTCOPY|post-copy can only be started while|post-copy is not enabled|post-copy migration is not (enabled|allowed)/i,
    'Post-copy works only for a running migration that was started with --postcopy. Raise the max downtime or the speed, or pause the guest.',
  ],
  [
    /cannot acquire state change lock|timed out during operation/i,
    'Another operation holds the domain, most likely its migration. Try again when it is over.',
  ],
  [/domain is not running|domain is not active/i, 'Start the domain first.'],
  [/failed to get domain|domain not found|no domain with matching/i, 'The domain is no longer on this host.'],
  [
    /failed to connect socket|libvirt-sock|cannot connect to.*libvirtd|unable to connect to server/i,
    'libvirtd is not running there: systemctl start libvirtd (or virtqemud) on the host.',
  ],
  [
    /authentication unavailable|polkit|permission denied|access denied|authentication failed/i,
    'This user may not manage libvirt: add it to the group libvirt on the host, or set "virsh" of this host to "sudo -n virsh".',
  ],
  [
    /command not found|no such file or directory.*virsh|virsh: not found|unknown command name/i,
    'Install libvirt-clients on the host, or set how virsh is called there in libvirt.hosts.',
  ],
  [/read.?only/i, 'The connection is read-only: take "readOnly" out of this host\'s entry in libvirt.hosts.'],
  [/migration statistics are available only on the source/i, 'Ask the source host.'],
  [/unknown command|doesn't support option/i, 'This libvirt is too old for it.'],
  [
    /a (terminal|password) is required/i,
    'sudo asks for a password there: allow virsh without one, or use another user.',
  ],
  [/host key verification failed|unable to (resolve|connect)/i, 'Check that the host reaches the other one.'],
];

/** What to do about one of libvirt's refusals; undefined where there is nothing better than its own words. */
export function adviceFor(message: string): string | undefined {
  return advices.find(([pattern]) => pattern.test(message))?.[1];
}

/**
 * Whether an error says that the domain can't have a job: it is gone, or shut off, as a persistent domain is at its source
 * after its migration.
 */
export function hasNoJob(error: unknown): boolean {
  return isGone(error) || /domain is not (running|active)/i.test(messageOf(error));
}

/** Whether an error says that the domain does not exist on that host (any more). */
export function isGone(error: unknown): boolean {
  return /failed to get domain|domain not found|no domain with matching/i.test(messageOf(error));
}
