import { cleanLabel, clip } from '../base/cleanText.js';
import type { Domain, Hypervisor } from '../hypervisor/model.js';
import { availability, type Hosts } from '../migration/availability.js';
import { describeIncoming, describeShort, hostName } from '../migration/describe.js';
import { isMigratable } from '../migration/migratable.js';
import type { ActionKind, Migration } from '../migration/model.js';
import { describeSentence } from '../migration/sentence.js';
import { undoOf } from '../migration/undo.js';
import { formatBytes } from '../panel/format.js';
import type { DomainState } from '../virsh/domain.js';
import { runningIcon } from './runningIcon.js';
import { colors, type Icon, type Row, rowId } from './rows.js';

const steerable: readonly ActionKind[] = [
  'setSpeed',
  'setMaxDowntime',
  'setCompressionCache',
  'pause',
  'resume',
  'switchToPostcopy',
  'interruptPostcopy',
  'resumePostcopy',
  'abort',
];

/** A tooltip shows more of a name than a row can, but has no scroll bar either. */
const tooltipLimit = 1000;

const stateNames: Readonly<Record<DomainState, string>> = {
  running: 'running',
  idle: 'idle',
  paused: 'paused',
  inShutdown: 'shutting down',
  shutOff: 'shut off',
  crashed: 'crashed',
  suspended: 'suspended',
  noState: 'no state',
  unknown: 'state not known',
};

const stateIcons: Readonly<Record<DomainState, Icon>> = {
  running: { id: 'vm-running', color: colors.good },
  idle: { id: 'vm-running', color: colors.good },
  paused: { id: 'debug-pause', color: colors.attention },
  inShutdown: { id: 'vm-outline', color: colors.attention },
  shutOff: { id: 'vm-outline', color: colors.dim },
  crashed: { id: 'error', color: colors.bad },
  suspended: { id: 'debug-pause', color: colors.dim },
  noState: { id: 'vm', color: colors.dim },
  unknown: { id: 'question', color: colors.dim },
};

/** A domain's row; `migration` is the running one it takes part in, on either side. */
export function domainRow(hypervisor: Hypervisor, domain: Domain, migration: Migration | undefined, hosts: Hosts): Row {
  const host = hypervisor.config.name;
  const common = {
    id: rowId('domain', host, domain.uuid),
    label: cleanLabel(domain.name) || domain.uuid,
    children: 'none' as const,
  };
  if (migration?.source === host) {
    return {
      ...common,
      description: outgoingText(migration),
      icon: runningIcon(migration),
      contextValue: withActions('domain.migrating.out', migration, hosts),
      tooltip: [...tooltip(domain), describeSentence(migration)],
      command: openCommand(migration),
    };
  }
  if (migration !== undefined) {
    return {
      ...common,
      description: describeIncoming(migration),
      icon: isInterrupted(migration) ? runningIcon(migration) : { id: 'arrow-down', color: colors.moving },
      contextValue: 'domain.migrating.in',
      tooltip: [
        ...tooltip(domain),
        isInterrupted(migration)
          ? describeSentence(migration)
          : `It arrives by a live migration from ${hostName(migration.source)}.`,
      ],
      command: openCommand(migration),
    };
  }
  if (hypervisor.status.kind !== 'connected') {
    return {
      ...common,
      description: `last seen ${stateText(domain)}`,
      icon: { id: 'vm-outline', color: colors.dim },
      contextValue: 'domain.stale',
      tooltip: [...tooltip(domain), `${hostName(host)} is not connected: this may have changed.`],
    };
  }
  const platformName = domain.platformName ?? domain.title;
  return {
    ...common,
    description: platformName === undefined ? stateText(domain) : `${stateText(domain)} · ${cleanLabel(platformName)}`,
    icon: stateIcons[domain.state],
    contextValue: idleContext(hypervisor, domain),
    tooltip: tooltip(domain),
  };
}

/** `domain.migrating.out+setSpeed+pause`: a kind, and what is possible now. Nothing is on a read-only host. */
export function withActions(kind: string, migration: Migration, hosts: Hosts): string {
  const possible: string[] = steerable.filter((action) => availability(action, migration, hosts).enabled);
  const undo = possible.includes('setSpeed') ? undoOf(migration) : undefined;
  return [kind, ...possible, ...(undo === undefined ? [] : ['undo'])].join('+');
}

export function openCommand(migration: Pick<Migration, 'id'>): NonNullable<Row['command']> {
  return { command: 'libvirt.openMigration', title: 'Open Migration', arguments: [{ migration: migration.id }] };
}

function isInterrupted({ state }: Migration): boolean {
  return state.phase === 'postcopyInterrupted';
}

function outgoingText(migration: Migration): string {
  const { destination } = migration.state;
  return `${destination === undefined ? 'migrating' : `→ ${hostName(destination)}`} · ${describeShort(migration)}`;
}

/**
 * What runs, or is paused, may be migrated; a paused guest may be resumed, save one that stands still because it is just arriving or has half its
 * memory elsewhere.
 */
function idleContext({ config }: Hypervisor, { state, reason }: Domain): string {
  if (config.readOnly) return `domain.${state}`;
  const resumable = state === 'paused' && !/^(migrating|post-copy)/.test(reason ?? '');
  return `domain.${state}${resumable ? '+resume' : ''}${isMigratable({ state, reason }) ? '+migrate' : ''}`;
}

/** The reason only where it says something: why a guest is not simply running or off. */
function stateText({ state, reason }: Domain): string {
  const plain = reason === undefined || /^(booted|unknown|shutdown|destroyed|user)$/.test(reason);
  const told = state === 'paused' ? reason !== undefined : !plain;
  return told ? `${stateNames[state]} (${cleanLabel(reason ?? '', 60)})` : stateNames[state];
}

function tooltip(domain: Domain): string[] {
  const { title, platformName, memoryBytes, vcpus } = domain;
  const size = [
    memoryBytes === undefined ? undefined : formatBytes(memoryBytes),
    vcpus === undefined ? undefined : `${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}`,
  ].filter((part) => part !== undefined);
  return [
    clip(domain.name, tooltipLimit),
    ...(platformName === undefined ? [] : [clip(platformName, tooltipLimit)]),
    ...(title === undefined ? [] : [clip(title, tooltipLimit)]),
    `State: ${stateText(domain)}`,
    ...(size.length === 0 ? [] : [size.join(', ')]),
    `UUID: ${domain.uuid}`,
  ];
}
