import { cleanLabel } from '../base/cleanText.js';
import type { FailedStatus, Fleet, Hypervisor, HypervisorStatus } from '../hypervisor/model.js';
import type { Remedy } from '../hypervisor/remedy.js';
import { remedyCommand } from './remedies.js';
import { colors, type Icon, type Row, rowId } from './rows.js';

/** A note in the tree: what is wrong with a setting or a host, or what to do about it. */
export interface NoteNode {
  readonly kind: 'note';
  /** Undefined for the setting's. */
  readonly host: string | undefined;
  readonly text: string;
  readonly icon: Icon;
  /** What a click on it does about it. */
  readonly remedy?: Remedy;
}
export interface GroupNode {
  readonly kind: 'group';
  readonly group: string;
}
export interface HostNode {
  readonly kind: 'host';
  readonly host: string;
}
export interface DomainNode {
  readonly kind: 'domain';
  readonly host: string;
  /** Its UUID. */
  readonly domain: string;
}
export type HostsNode = NoteNode | GroupNode | HostNode | DomainNode;

/** With more hosts than this the tree begins folded: hundreds of hosts are looked through by name first. */
const unfoldedHosts = 10;
/** A reason up to this long is readable beside its host's name in a narrow side bar; a longer one gets a row below it. */
const shortReason = 24;

const order = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Groups in the order they are first named, then hosts without one. */
export function rootNodes(fleet: Fleet, problems: readonly string[]): HostsNode[] {
  const groups = new Set<string>();
  for (const { config } of fleet.hypervisors) if (config.group !== undefined) groups.add(config.group);
  return [
    ...problems.map((text): NoteNode => ({
      kind: 'note',
      host: undefined,
      text,
      icon: { id: 'warning', color: colors.attention },
    })),
    ...[...groups].map((group): GroupNode => ({ kind: 'group', group })),
    ...hostNodes(fleet, undefined),
  ];
}

export function hostNodes(fleet: Fleet, group: string | undefined): HostNode[] {
  return fleet.hypervisors
    .filter(({ config }) => config.group === group)
    .map(({ config }): HostNode => ({ kind: 'host', host: config.name }));
}

/** Why a host fails and what to do, then its domains by name. */
export function hostChildren(hypervisor: Hypervisor): (NoteNode | DomainNode)[] {
  const { config, status, domains } = hypervisor;
  if (status.kind === 'disconnected') return [];
  const nodes: (NoteNode | DomainNode)[] = notesOn(config.name, status);
  const sorted = [...domains.values()].sort((a, b) => order.compare(a.name, b.name) || order.compare(a.uuid, b.uuid));
  for (const { uuid } of sorted) nodes.push({ kind: 'domain', host: config.name, domain: uuid });
  if (status.kind === 'connected' && sorted.length === 0) {
    nodes.push({ kind: 'note', host: config.name, text: 'No domains', icon: { id: 'info', color: colors.dim } });
  }
  return nodes;
}

function notesOn(host: string, status: HypervisorStatus): NoteNode[] {
  if (status.kind !== 'failed') return [];
  const notes: NoteNode[] = [];
  const reason = reasonOf(host, status.message);
  if (reason.length > shortReason) {
    notes.push({ kind: 'note', host, text: reason, icon: { id: 'error', color: colors.bad } });
  }
  if (status.advice !== undefined) {
    notes.push({ kind: 'note', host, text: status.advice, icon: { id: 'lightbulb', color: undefined } });
  }
  const last = notes.pop();
  return last === undefined ? [] : [...notes, { ...last, ...remedyOf(status) }];
}

function remedyOf({ remedy }: FailedStatus): { readonly remedy?: Remedy } {
  return remedy === undefined ? {} : { remedy };
}

/** With its remedy: the same words may want another one by and by. */
export function noteId({ host, text, remedy }: NoteNode): string {
  return rowId('note', host ?? '', text, remedy ?? '');
}

export function noteRow(node: NoteNode): Row {
  const { host, text, icon, remedy } = node;
  const command = host === undefined ? remedyCommand('editHosts', '') : remedy && remedyCommand(remedy, host);
  return {
    id: noteId(node),
    // The setting's own name is in the tooltip: in a narrow tree it would push out what is wrong.
    label: cleanLabel(text.replace(/^libvirt\.hosts, /u, '')),
    description: undefined,
    icon,
    contextValue: 'note',
    tooltip: command === undefined ? [text] : [text, `Click: ${command.title}`],
    children: 'none',
    ...(command === undefined ? {} : { command }),
  };
}

export function groupRow({ group }: GroupNode, fleet: Fleet): Row {
  const hosts = fleet.hypervisors.filter(({ config }) => config.group === group);
  const failed = hosts.filter(({ status }) => status.kind === 'failed').length;
  return {
    id: rowId('group', group),
    label: cleanLabel(group),
    description: failed === 0 ? undefined : `${failed} failed`,
    icon: { id: 'folder', color: undefined },
    contextValue: 'group',
    tooltip: [group, `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`],
    children: 'expanded',
  };
}

export function hostRow(hypervisor: Hypervisor, fleet: Fleet): Row {
  const { config, status, capabilities } = hypervisor;
  const version = capabilities?.libvirtVersion;
  return {
    id: rowId('host', config.name),
    label: cleanLabel(config.name),
    description: hostDescription(hypervisor),
    icon: hostIcon(status),
    contextValue: hostContext(status),
    tooltip: [
      config.name,
      `${config.destination} · ${config.uri}`,
      ...(version === undefined ? [] : [`libvirt ${version}`]),
      ...(config.readOnly ? ['Read-only: it is watched, and nothing is changed on it.'] : []),
      ...(status.kind === 'failed' ? [status.message] : []),
      ...(status.kind === 'failed' && status.advice !== undefined ? [status.advice] : []),
    ],
    // Also while it has none: the editor folds a row for good that begins without children.
    children: fleet.hypervisors.length > unfoldedHosts ? 'collapsed' : 'expanded',
  };
}

/** `host.connected`; of a failed host also what can be done about it: `host.failed.retry`. */
function hostContext(status: HypervisorStatus): string {
  const remedy = status.kind === 'failed' ? status.remedy : undefined;
  return remedy === undefined ? `host.${status.kind}` : `host.${status.kind}.${remedy}`;
}

function hostDescription({ config, status, domains }: Hypervisor): string {
  switch (status.kind) {
    case 'disconnected':
      return 'not connected';
    case 'connecting':
      return 'connecting…';
    case 'failed':
      return reasonOf(config.name, status.message);
    case 'connected': {
      const running = [...domains.values()].filter(({ state }) => state === 'running').length;
      return `${running} of ${domains.size} running${config.readOnly ? ' · read-only' : ''}`;
    }
  }
}

/** Beside its name a host need not be named again. */
function reasonOf(host: string, message: string): string {
  return cleanLabel(message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message);
}

function hostIcon(status: HypervisorStatus): Icon {
  switch (status.kind) {
    case 'disconnected':
      return { id: 'server', color: colors.dim };
    case 'connecting':
      return { id: 'loading~spin', color: undefined };
    case 'failed':
      return { id: 'error', color: colors.bad };
    case 'connected':
      return { id: 'server', color: colors.good };
  }
}
