import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import type { ConnectAttempt, Identity } from '../../../virsh/scripts/connect.js';
import { cantTell, checkOf, name, type Pair, words } from './result.js';

export interface ReachableFacts {
  readonly hosts: Pair;
  readonly uri: string;
  /** Whether it is libvirtd that connects, by itself: else it is the user's own virsh. */
  readonly p2p: boolean;
  readonly attempt: Fact<ConnectAttempt>;
  readonly identity: Fact<Identity>;
  /** What the destination's libvirt calls itself, asked by our own way. */
  readonly hostname: string | undefined;
  /** libvirt's UUID of each host. */
  readonly sourceUuid: string | undefined;
  readonly destinationUuid: string | undefined;
}

/** Whether the source's libvirtd gets to the destination's, as it will try to. */
export function checkReachable(facts: ReachableFacts): CheckResult {
  const { hosts, p2p, attempt, identity, sourceUuid, destinationUuid } = facts;
  const source = name(hosts.source);
  const uri = words(facts.uri);
  const result = checkOf('reachable', `${uri} from ${source}`);
  if (sourceUuid !== undefined && sourceUuid === destinationUuid) {
    return result(
      'failed',
      `Both hosts have the libvirt host UUID ${words(sourceUuid)}: to libvirt they are one host, and it refuses.`,
      'If they are two, set a host_uuid of its own in libvirtd.conf (or virtqemud.conf) of one of them, and restart its libvirt.',
    );
  }
  if (!attempt.known) return result('unknown', cantTell(attempt.why));
  const { value } = attempt;
  if (value.reached && facts.hostname !== undefined && value.hostname !== facts.hostname) {
    return result(
      'failed',
      `On ${source} this URI leads to ${words(value.hostname)}, and ${name(hosts.destination)} calls itself ${words(facts.hostname)}.`,
      'Use a URI with the address of the destination, or put right what its name resolves to there.',
    );
  }
  const said = value.reached
    ? `${words(value.hostname)} answers ${source} by this URI`
    : `${source} does not reach it: ${words(value.words)}`;
  // libvirtd connects as root, with root's keys: what another user may or may not is no proof.
  const asRoot = !p2p || (identity.known && identity.value.isRoot);
  if (!asRoot) {
    const who = identity.known ? `as ${words(identity.value.who)}` : 'as a user nobody can tell';
    return result(
      'unknown',
      `Can't tell: tested ${who}, and libvirtd does it as root. Tested so, ${said}.`,
      `Try it as root on ${source}: virsh -c ${uri} hostname`,
    );
  }
  if (value.reached) return result('passed', `${said}.`);
  return result('failed', `${said}.`, adviceFor(value.words, facts));
}

function adviceFor(text: string, { hosts, uri, p2p }: ReachableFacts): string {
  const source = name(hosts.source);
  const who = p2p ? "root's" : "your login's";
  if (/host key verification failed/i.test(text))
    return `Put the destination's host key into ${who} known_hosts on ${source}, or use another URI.`;
  if (/permission denied/i.test(text))
    return `Give ${who} key on ${source} access to the destination, or use another URI.`;
  if (/CA certificate|certificate/i.test(text))
    return `Set up TLS certificates for libvirt on both hosts, or use another URI: qemu+ssh, say.`;
  if (/no answer|timed out|no route|refused/i.test(text)) {
    return `Look at the firewall between the two hosts, and whether libvirt listens for ${uri.split(':')[0] ?? uri} there; or use another URI.`;
  }
  return 'Use another URI, or put right what libvirt says.';
}
