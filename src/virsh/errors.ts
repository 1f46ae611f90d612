import { cleanForLog } from '../base/cleanText.js';
import { messageOf } from '../base/errors.js';

const disconnected = /^Disconnected from .* due to /;
const reconnected = /^Reconnected to the hypervisor$/;
const lookupFailed = /^failed to get domain /i;

/** No command's own error: what a long-lived virsh says when libvirtd restarts, and at its end when it can't keep a history. */
const noise = [disconnected, reconnected, /^Failed to create '\/dev\/null\//];

/**
 * What virsh refused, out of its error stream: libvirt's lines in one, without `error: `. Undefined when it is empty but for
 * the two lines of a reconnect.
 *
 * A virsh whose libvirtd dies while it looks for a domain says `failed to get domain`, as it does for one that is gone
 * (9.0). Such a line counts only when virsh was connected, else what is returned is that the connection broke.
 */
export function virshErrorOf(stderr: string): string | undefined {
  const lines = stderr
    .split('\n')
    .map((line) => cleanForLog(line.replace(/\r$/, '').replace(/^error: ?/, '')).trim())
    .filter((line) => line !== '');
  const brokeAt = lines.findLastIndex((line) => disconnected.test(line));
  const backAt = lines.findLastIndex((line) => reconnected.test(line));
  const connectedAt = (at: number): boolean => brokeAt < 0 || (brokeAt < backAt && backAt < at);

  const own: string[] = [];
  lines.forEach((line, at) => {
    if (noise.some((pattern) => pattern.test(line))) return;
    own.push(lookupFailed.test(line) && !connectedAt(at) ? (lines[brokeAt] ?? line) : line);
  });
  return own.length === 0 ? undefined : own.join(': ');
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
  [/docker daemon|podman socket/i, 'This user may not use the containers there, or their daemon is not running.'],
  [
    /authentication unavailable|polkit|socket.*permission denied|access denied|authentication failed/i,
    'This user may not manage libvirt: add it to the group libvirt on the host, or set "virsh" of this host to "sudo -n virsh".',
  ],
  [
    /failed to connect socket|libvirt-sock|cannot connect to.*libvirtd|unable to connect to server/i,
    'libvirtd is not running there: systemctl start libvirtd (or virtqemud) on the host.',
  ],
  [
    /^Disconnected from|cannot recv data|client socket is closed|failed to reconnect/i,
    'libvirtd ended or was restarted meanwhile: see what is in force, then try again.',
  ],
  [
    /no such container|container .* is not running|no such pod|pods? .* not found/i,
    'Check the container that "virsh" of this host names in libvirt.hosts.',
  ],
  // env says it in the language of the host's user, with that one's quotes.
  [
    /command not found|no such file or directory.*virsh|virsh\S*\s+no such file|virsh: not found|"(virsh|env)": executable file not found|unknown command name/i,
    'Install libvirt-clients on the host, or set how virsh is called there in libvirt.hosts.',
  ],
  [
    /read.?only access|forbidden for read.?only/i,
    'The connection is read-only: take "readOnly" out of this host\'s entry in libvirt.hosts.',
  ],
  [/migration statistics are available only on the source/i, 'Ask the source host.'],
  [/unknown command|doesn't support option/i, 'This libvirt is too old for it.'],
  [
    /a (terminal|password) is required|must have a tty|not allowed to (execute|run)|not in the sudoers/i,
    'sudo does not let this user: allow "env" and virsh without a password, or, where only virsh is allowed without one, set "virsh" of this host to "env LC_ALL=C sudo -n virsh".',
  ],
  [/not being migrated/i, 'An older libvirt takes this only while the domain migrates.'],
  [/downtime.?limit|max(imum)? downtime/i, 'Give a maximum downtime of 1 to 2000000 ms, while the domain migrates.'],
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
