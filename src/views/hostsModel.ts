import { cleanLabel } from '../base/cleanText.js';
import type { FailedStatus, Fleet, Hypervisor, HypervisorStatus, ReconnectingStatus } from '../hypervisor/model.js';
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

const clockTime = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });

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
  if (status.kind === 'reconnecting') {
    const icon = { id: 'debug-disconnect', color: colors.attention };
    return [{ kind: 'note', host, text: reasonOf(host, status.message), icon, remedy: 'retry' }];
  }
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

const editPresets = {
  command: 'workbench.action.openSettingsJson',
  title: 'Edit the Presets',
  arguments: [{ revealSetting: { key: 'libvirt.migrate.presets' } }],
};

export function noteRow(node: NoteNode): Row {
  const { host, text, icon, remedy } = node;
  const ofPresets = host === undefined && text.startsWith('libvirt.migrate.presets');
  const command = ofPresets
    ? editPresets
    : host === undefined
      ? remedyCommand('editHosts', '')
      : remedy && remedyCommand(remedy, host);
  return {
    id: noteId(node),
    // The setting's own name is in the tooltip: in a narrow tree it would push out what is wrong.
    label: cleanLabel(
      text.replace(/^libvirt\.(hosts|migrate\.presets), /u, (_, setting: string) =>
        setting === 'hosts' ? '' : 'Preset ',
      ),
    ),
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
  const count = (kind: HypervisorStatus['kind']): number => hosts.filter(({ status }) => status.kind === kind).length;
  const troubles = [
    [count('failed'), 'failed'],
    [count('reconnecting'), 'reconnecting'],
  ] as const;
  const description = troubles.flatMap(([hosts, what]) => (hosts === 0 ? [] : [`${hosts} ${what}`])).join(', ');
  return {
    id: rowId('group', group),
    label: cleanLabel(group),
    description: description === '' ? undefined : description,
    icon: { id: 'folder', color: undefined },
    contextValue: 'group',
    tooltip: [group, `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`],
    children: 'expanded',
  };
}

/** `nowMs` as of `Date.now()`: a host that is gone says for how long. */
export function hostRow(hypervisor: Hypervisor, fleet: Fleet, nowMs: number): Row {
  const { config, status, capabilities, notice } = hypervisor;
  const version = capabilities?.libvirtVersion;
  return {
    id: rowId('host', config.name),
    label: cleanLabel(config.name),
    description: hostDescription(hypervisor, nowMs),
    icon: hostIcon(status),
    contextValue: hostContext(hypervisor),
    tooltip: [
      config.name,
      `${config.destination} · ${config.uri}`,
      ...(version === undefined ? [] : [`libvirt ${version}`]),
      ...(config.readOnly ? ['Read-only: it is watched, and nothing is changed on it.'] : []),
      ...(notice === undefined ? [] : [notice]),
      ...troubleOf(status),
      ...(status.kind === 'reconnecting' ? [nextTryText(status, nowMs)] : []),
    ],
    // Also while it has none: the editor folds a row for good that begins without children.
    children: fleet.hypervisors.length > unfoldedHosts ? 'collapsed' : 'expanded',
  };
}

function troubleOf(status: HypervisorStatus): string[] {
  if (status.kind !== 'failed' && status.kind !== 'reconnecting') return [];
  return status.advice === undefined ? [status.message] : [status.message, status.advice];
}

/** By the clock, so that what is read does not change every second. */
function nextTryText({ nextTryAtMs }: ReconnectingStatus, nowMs: number): string {
  return nextTryAtMs <= nowMs ? 'It is being tried now.' : `It is tried again at ${clockTime.format(nextTryAtMs)}.`;
}

/** `host.connected`, with what can be done to it: `+evacuate`; of a failed host also what can be done about it: `host.failed.retry`. */
function hostContext({ status, config }: Hypervisor): string {
  const remedy = status.kind === 'failed' ? status.remedy : undefined;
  if (status.kind === 'connected') return config.readOnly ? 'host.connected' : 'host.connected+evacuate';
  return remedy === undefined ? `host.${status.kind}` : `host.${status.kind}.${remedy}`;
}

function hostDescription({ config, status, domains, notice }: Hypervisor, nowMs: number): string {
  switch (status.kind) {
    case 'disconnected':
      return 'not connected';
    case 'connecting':
      return 'connecting…';
    case 'reconnecting':
      return `reconnecting, last seen ${agoText(nowMs - status.lastSeenAtMs)} ago`;
    case 'failed':
      return reasonOf(config.name, status.message);
    case 'connected': {
      const running = [...domains.values()].filter(({ state }) => state === 'running').length;
      return `${running} of ${domains.size} running${config.readOnly ? ' · read-only' : ''}${notice === undefined ? '' : ' · few sessions'}`;
    }
  }
}

/** `12 s`, `3 min`, `2 h`. */
function agoText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
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
    case 'reconnecting':
      return { id: 'sync~spin', color: colors.attention };
    case 'failed':
      return { id: 'error', color: colors.bad };
    case 'connected':
      return { id: 'server', color: colors.good };
  }
}
