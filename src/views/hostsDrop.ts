import type { Fleet } from '../hypervisor/model.js';
import { guestName, hostName } from '../migration/describe.js';
import { isMigratable, readOnlyText, unmigratable } from '../migration/migratable.js';
import type { Migrations } from '../migration/model.js';
import type { HostsNode } from './hostsModel.js';

/** What comes of letting rows go over another row. */
export type Drop =
  | { readonly kind: 'migrate'; readonly host: string; readonly domain: string; readonly destination: string }
  | { readonly kind: 'refused'; readonly why: string }
  /** Nothing was meant by it. */
  | { readonly kind: 'nothing' };

/** Whether a row can be taken along: only a domain can. */
export function isDraggable(node: HostsNode): boolean {
  return node.kind === 'domain';
}

/** A guest dropped on another host, or on a domain there, is to be migrated to it. */
export function dropOf(
  dragged: readonly HostsNode[],
  onto: HostsNode | undefined,
  fleet: Fleet,
  migrations: Pick<Migrations, 'running'>,
): Drop {
  const [node, ...more] = dragged.filter((one) => one.kind === 'domain');
  if (node === undefined || (onto?.kind !== 'host' && onto?.kind !== 'domain')) return { kind: 'nothing' };
  if (more.length > 0) return refused('One guest at a time can be migrated by dragging it.');
  const destination = onto.host;
  const source = fleet.get(node.host);
  const domain = source?.domains.get(node.domain);
  if (source === undefined || domain === undefined) return { kind: 'nothing' };
  const guest = guestName({ domainName: domain.name });
  const from = hostName(node.host);
  if (destination === node.host) return refused(`${guest} is on ${from} already.`);
  if (source.config.readOnly) return refused(`${guest} stays on ${from}: ${readOnlyText(node.host)}`);
  if (source.status.kind !== 'connected') return refused(`${from} is not connected.`);
  if (migrations.running(node.host, node.domain) !== undefined) return refused(`${guest} migrates already.`);
  if (!isMigratable(domain)) return refused(`${guest} ${unmigratable(domain)}.`);
  const host = fleet.get(destination);
  if (host === undefined) return { kind: 'nothing' };
  if (host.config.readOnly) return refused(readOnlyText(destination));
  if (host.status.kind !== 'connected') return refused(`${hostName(destination)} is not connected: connect it first.`);
  return { kind: 'migrate', host: node.host, domain: node.domain, destination };
}

function refused(why: string): Drop {
  return { kind: 'refused', why };
}
