import type { Fleet, HostConfig } from '../../hypervisor/model.js';
import { parseDestination } from '../../ssh/destination.js';
import { hostname } from '../../virsh/hostCommands.js';
import { name, words } from './checks/result.js';
import { isHostName, uriProblem } from '../start/uri.js';
import { after, type Fact, valueOf } from './fact.js';
import { HostAsker } from './hostAsker.js';
import type { Route, Routes } from './model.js';
import { bracketed, isAddress, isLoopback } from './network.js';
import { resolveAt } from './resolveAt.js';
import { addressOfLogin } from '../../virsh/scripts/network.js';
import { type ConnectAttempt, connectTo, type Identity, identity } from '../../virsh/scripts/connect.js';

/** The safest first: TLS and SSH prove who is there and let nobody read along, plain TCP does neither. */
const transports = ['tls', 'ssh', 'tcp'] as const;

/** What is known of the two hosts, and what their names lead to. */
export interface RouteFacts {
  readonly source: string;
  readonly destination: Pick<HostConfig, 'name' | 'destination' | 'uri'>;
  /** What the destination's libvirt calls itself. */
  readonly hostname: Fact<string>;
  /** By which of its addresses it is reached from here. */
  readonly loginAddress: Fact<string>;
  /** To what each side resolves that name. */
  readonly atSource: Fact<readonly string[]>;
  readonly atDestination: Fact<readonly string[]>;
}

/** Works out routes by asking both hosts, and tries them on the source. */
export class RouteFinder implements Routes {
  constructor(private readonly fleet: Pick<Fleet, 'get'>) {}

  async find(source: string, destination: string): Promise<readonly Route[]> {
    const from = new HostAsker(this.fleet.get(source), source, undefined);
    const to = new HostAsker(this.fleet.get(destination), destination, undefined);
    const config = this.fleet.get(destination)?.config ?? {
      name: destination,
      destination,
      uri: 'qemu:///system',
    };
    const named = to.virsh(hostname());
    const [called, loginAddress, who, atSource, atDestination] = await Promise.all([
      named,
      to.sh(() => addressOfLogin()),
      from.sh((host) => identity(host.config)),
      after(named, (told) => resolveAt(from, told)),
      after(named, (told) => resolveAt(to, told)),
    ]);
    const facts: RouteFacts = { source, destination: config, hostname: called, loginAddress, atSource, atDestination };
    const uris = candidateUris(facts);
    const attempts = await from.sh((host) => connectTo(host.config, uris));
    return routesOf(facts, uris, attempts, who);
  }
}

/** The URIs to try, each once, the best first; none that could not be sent. */
export function candidateUris(facts: RouteFacts): readonly string[] {
  const { destination } = facts;
  const scheme = /^([a-z]+)[+:]/i.exec(destination.uri)?.[1] ?? 'qemu';
  const path = /^[a-z+]+:\/\/[^/]*(\/[a-z]+)/i.exec(destination.uri)?.[1] ?? '/system';
  const port = portOf(destination.destination);
  // Of the daemon of a session nothing but ssh tells where it is.
  const ways = path === '/session' ? (['ssh'] as const) : transports;
  return ways
    .flatMap((way) =>
      hostsOf(facts).map((host) => `${scheme}+${way}://${bracketed(host)}${way === 'ssh' ? port : ''}${path}`),
    )
    .filter((uri) => uriProblem(uri, 'destination') === undefined);
}

/** The names and addresses by which the source may know the destination, the best first. */
function hostsOf({ destination, hostname: called, loginAddress, atSource }: RouteFacts): readonly string[] {
  const hosts: string[] = [];
  const leads = !atSource.known || (atSource.value.length > 0 && !atSource.value.some(isLoopback));
  // What a host answers is no more than its word: it must be a name, and nothing that a URI would take for more.
  if (called.known && isHostName(called.value) && !/^localhost\b/.test(called.value) && leads) hosts.push(called.value);
  if (loginAddress.known && isAddress(loginAddress.value) && !isLoopback(loginAddress.value)) {
    hosts.push(loginAddress.value);
  }
  // An alias of the user's own means nothing on another host, but it is the best guess that is left.
  return hosts.length > 0 ? hosts : [hostIn(destination.destination)];
}

/** The candidates as they turned out: those that answered first. */
export function routesOf(
  facts: RouteFacts,
  uris: readonly string[],
  attempts: Fact<readonly ConnectAttempt[]>,
  who: Fact<Identity>,
): readonly Route[] {
  const migrationUri = migrationUriOf(facts);
  const tried = uris.map((destinationUri, at): Route => {
    const attempt = valueOf(attempts)?.[at];
    return { destinationUri, migrationUri, ...outcomeOf(facts, destinationUri, attempt, attempts, who) };
  });
  const rank = ({ reachable }: Route): number => (reachable === true ? 0 : reachable === undefined ? 1 : 2);
  return tried
    .map((route, at) => ({ route, at }))
    .sort((a, b) => rank(a.route) - rank(b.route) || a.at - b.at)
    .map(({ route }) => route);
}

function outcomeOf(
  { source, destination, hostname: called }: RouteFacts,
  uri: string,
  attempt: ConnectAttempt | undefined,
  attempts: Fact<unknown>,
  who: Fact<Identity>,
): Pick<Route, 'reachable' | 'reason'> {
  const [from, to] = [name(source), name(destination.name)];
  if (attempt === undefined) {
    const why = attempts.known ? 'it was not tried' : words(attempts.why);
    return { reachable: undefined, reason: `A guess, not tried from ${from}: ${why}.` };
  }
  const way = words(uri.split(':')[0] ?? uri);
  const strange = attempt.reached && called.known && attempt.hostname !== called.value;
  const said = strange
    ? `It leads to ${words(attempt.hostname)}, not to ${to}`
    : attempt.reached
      ? `${to} answers ${from} by ${way}`
      : `${to} does not answer ${from} by ${way}: ${words(attempt.words)}`;
  if (strange) return { reachable: false, reason: `${said}.` };
  if (who.known && who.value.isRoot) return { reachable: attempt.reached, reason: `${said}.` };
  const as = who.known ? words(who.value.who) : 'a user nobody can tell';
  return { reachable: undefined, reason: `${said}; tried as ${as}, and libvirtd does it as root.` };
}

/** An address to send memory to, where the name that libvirt would choose leads back to whoever uses it, or nowhere. */
export function migrationUriOf({
  hostname: called,
  atSource,
  atDestination,
  loginAddress,
}: RouteFacts): string | undefined {
  if (!called.known) return undefined;
  const there = valueOf(atSource) ?? [];
  const back = [...there, ...(valueOf(atDestination) ?? [])].some(isLoopback);
  const nowhere = atSource.known && there.length === 0;
  if (!back && !nowhere && !/^localhost\b/.test(called.value)) return undefined;
  const login = loginAddress.known && isAddress(loginAddress.value) ? [loginAddress.value] : [];
  const address = [...there, ...login].find((one) => !isLoopback(one));
  return address === undefined ? undefined : `tcp://${bracketed(address)}`;
}

function hostIn(destination: string): string {
  try {
    return parseDestination(destination).host;
  } catch {
    return destination;
  }
}

function portOf(destination: string): string {
  try {
    const { port } = parseDestination(destination);
    return port === undefined || port === 22 ? '' : `:${port}`;
  } catch {
    return '';
  }
}
