import { cleanForLog } from '../base/cleanText.js';
import { messageOf } from '../base/errors.js';

const disconnected = /^Disconnected from .* due to /;
const reconnected = /^Reconnected to the hypervisor$/;
const daemonGone = /failed to connect socket|libvirt-sock|cannot connect to.*libvirtd|unable to connect to server/i;
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

/** What to do about what virsh, or what was to start it, says. */
interface Advice {
  readonly when: RegExp;
  readonly advice: string;
  /** The host's entry in `libvirt.hosts` is what has to change. */
  readonly entryAtFault?: true;
}

const advices: readonly Advice[] = [
  { when: /no job is active on the domain/i, advice: 'The migration has ended meanwhile.' },
  {
    when: /VIR_MIGRATE_POSTCOPY|post-copy can only be started while|post-copy is not enabled|post-copy migration is not (enabled|allowed)/i,
    advice:
      'Post-copy works only for a running migration that was started with --postcopy. Raise the max downtime or the speed, or pause the guest.',
  },
  {
    when: /cannot acquire state change lock|timed out during operation/i,
    advice: 'Another operation holds the domain, most likely its migration. Try again when it is over.',
  },
  { when: /domain is not running|domain is not active/i, advice: 'Start the domain first.' },
  {
    when: /failed to get domain|domain not found|no domain with matching/i,
    advice: 'The domain is no longer on this host.',
  },
  {
    when: /docker daemon|docker API|podman socket/i,
    advice: 'This user may not use the containers there, or their daemon is not running.',
  },
  {
    when: /authentication unavailable|polkit|socket.*permission denied|access denied|authentication failed/i,
    advice:
      'This user may not manage libvirt: add it to the group libvirt on the host, or set "virsh" of this host to "sudo -n virsh".',
    entryAtFault: true,
  },
  {
    when: daemonGone,
    advice: 'libvirtd is not running there: systemctl start libvirtd (or virtqemud) on the host.',
  },
  {
    when: /^Disconnected from|cannot recv data|client socket is closed|failed to reconnect/i,
    advice: 'libvirtd ended or was restarted meanwhile: see what is in force, then try again.',
  },
  {
    when: /no such container|container not found|container .* is not running|exec sessions on running containers|no such pod|pods? .* not found/i,
    advice: 'Check the container that "virsh" of this host names in libvirt.hosts: it must exist and run.',
    entryAtFault: true,
  },
  {
    when: /executable file (\S+ )?not found/i,
    advice: 'The container that "virsh" of this host names has no virsh in it: name another one in libvirt.hosts.',
    entryAtFault: true,
  },
  {
    when: /not a TTY|use a TTY/i,
    advice: 'Take "-t" out of "virsh" of this host in libvirt.hosts: "-i" alone is what it needs.',
    entryAtFault: true,
  },
  {
    when: /this account is (currently )?not available|sftp connections only|SSH_ORIGINAL_COMMAND|unrecognized command|restricted: cannot/i,
    advice:
      'This login may not run virsh: check its shell on the host, and a forced command in sshd_config or authorized_keys, or connect as another user.',
  },
  // env says it in the language of the host's user, with that one's quotes; fish has words of its own.
  {
    when: /command not found|no such file or directory.*virsh|virsh\S*\s+no such file|^env: .* no such file|\bvirsh: not found|^\w*sh: .*: not found|^fish: unknown command|unknown command name/i,
    advice: 'Install libvirt-clients on the host, or set how virsh is called there in libvirt.hosts.',
    entryAtFault: true,
  },
  {
    when: /^env: .*permission denied/i,
    advice: 'This user may not run it: check "virsh" of this host in libvirt.hosts.',
    entryAtFault: true,
  },
  {
    when: /read.?only access|forbidden for read.?only/i,
    advice: 'The connection is read-only: take "readOnly" out of this host\'s entry in libvirt.hosts.',
    entryAtFault: true,
  },
  { when: /migration statistics are available only on the source/i, advice: 'Ask the source host.' },
  { when: /unknown command|doesn't support option/i, advice: 'This libvirt is too old for it.' },
  {
    // The last three are sudo-rs's.
    when: /a (terminal|password) is required|must have a tty|not allowed to (execute|run)|not in the sudoers|no tty present|may not run .* on |interactive authentication is required|^sudo: interaction is required/i,
    advice:
      'sudo does not let this user: allow "env" and virsh without a password, or, where only virsh is allowed without one, set "virsh" of this host to "env LC_ALL=C sudo -n virsh".',
    entryAtFault: true,
  },
  {
    when: /no connection driver available|transport in URL|URI path/i,
    advice: 'Check "uri" of this host in libvirt.hosts.',
    entryAtFault: true,
  },
  { when: /not being migrated/i, advice: 'An older libvirt takes this only while the domain migrates.' },
  {
    when: /downtime.?limit|max(imum)? downtime/i,
    advice: 'Give a maximum downtime of 1 to 2000000 ms, while the domain migrates.',
  },
  {
    when: /host key verification failed|unable to (resolve|connect)/i,
    advice: 'Check that the host reaches the other one.',
  },
];

/** What to do about one of libvirt's refusals; undefined where there is nothing better than its own words. */
export function adviceFor(message: string): string | undefined {
  return advices.find(({ when }) => when.test(message))?.advice;
}

/** Whether a refusal ends only with another entry of the host in `libvirt.hosts`. */
export function isEntryAtFault(message: string): boolean {
  return advices.find(({ when }) => when.test(message))?.entryAtFault === true;
}

/**
 * Whether an error says that the domain can't have a job: it is gone, or shut off, as a persistent domain is at its source
 * after its migration.
 */
export function hasNoJob(error: unknown): boolean {
  return isGone(error) || /domain is not (running|active)/i.test(messageOf(error));
}

/** Whether an error says that there is no libvirtd to talk to on the host (any more). */
export function isDaemonGone(error: unknown): boolean {
  return daemonGone.test(messageOf(error));
}

/** Whether an error says that the domain does not exist on that host (any more). */
export function isGone(error: unknown): boolean {
  return /failed to get domain|domain not found|no domain with matching/i.test(messageOf(error));
}
