import { type Destination, parseDestination } from './destination.js';
import { expandProxy } from './expand.js';
import { printable } from './printable.js';
import type { ResolvedHost } from './resolvedHost.js';
import { SshError } from './types.js';

/** A host on the way, or the one it leads to. */
export interface Hop {
  /** As the configuration names it. */
  readonly destination: Destination;
  readonly host: ResolvedHost;
}

/** By whom the way to a host is decided: by its own configuration, or by who named it. */
export type WayBy = 'itself' | 'others';

export type Resolve = (destination: Destination, signal: AbortSignal, wayBy: WayBy) => Promise<ResolvedHost>;

/** A way longer than this goes in a circle. */
const maxHops = 16;

/**
 * The hosts to go through to reach `last`, the first to connect to first, by OpenSSH's rule: of the hosts that one ProxyJump
 * names, the first is reached as its own configuration says, and each further one through those before it, whatever its own
 * says. Rejects with an `SshError` for a jump host that can't be one, and for a way that goes in a circle.
 */
export async function jumpHostsTo(last: Hop, resolve: Resolve, signal: AbortSignal): Promise<Hop[]> {
  const hops: Hop[] = [];
  let next = last;
  while (next.host.proxyJump !== undefined) {
    const named = await Promise.all(
      namedBy(next).map(async (destination, index) => {
        const host = await resolve(destination, signal, index === 0 ? 'itself' : 'others');
        return { destination, host };
      }),
    );
    hops.unshift(...named);
    const [first] = named;
    if (first === undefined) break;
    if (hops.length > maxHops) throw circular(last.host);
    next = first;
  }
  return hops;
}

/** What a host's ProxyJump names, its tokens filled in with what the host itself is called. */
function namedBy({ destination, host }: Hop): Destination[] {
  const values = { ...host, original: destination.host };
  try {
    return expandProxy(host.proxyJump ?? '', values)
      .split(',')
      .map(parseDestination);
  } catch (error) {
    if (!(error instanceof SshError)) throw error;
    throw new SshError(
      'unresolved',
      `${host.destination} is reached through another host, which can't be one: ${error.message}`,
      'Mend ProxyJump in your ssh configuration.',
      { cause: error },
    );
  }
}

function circular({ destination, proxyJump = '' }: ResolvedHost): SshError {
  return new SshError(
    'unresolved',
    `The way to ${destination} through ${printable(proxyJump)} goes in a circle.`,
    'Mend ProxyJump in your ssh configuration.',
  );
}
