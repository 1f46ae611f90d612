import { cleanLabel, clip } from '../base/cleanText.js';
import type { Domain, Hypervisor } from '../hypervisor/model.js';
import { availability, type Hosts } from '../migration/availability.js';
import { describeIncoming, describeShort, hostName } from '../migration/describe.js';
import type { ActionKind, Migration } from '../migration/model.js';
import { describeSentence } from '../migration/sentence.js';
import { formatBytes } from '../panel/format.js';
import type { DomainState } from '../virsh/domain.js';
import { colors, type Icon, type Row, rowId } from './rows.js';

const steerable: readonly ActionKind[] = ['setSpeed', 'setMaxDowntime', 'pause', 'resume', 'switchToPostcopy', 'abort'];

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
      icon: { id: 'sync~spin', color: colors.moving },
      contextValue: withActions('domain.migrating.out', migration, hosts),
      tooltip: [...tooltip(domain), describeSentence(migration)],
      command: openCommand(migration),
    };
  }
  if (migration !== undefined) {
    return {
      ...common,
      description: describeIncoming(migration),
      icon: { id: 'arrow-down', color: colors.moving },
      contextValue: 'domain.migrating.in',
      tooltip: [...tooltip(domain), `It arrives by a live migration from ${hostName(migration.source)}.`],
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
  return [kind, ...steerable.filter((action) => availability(action, migration, hosts).enabled)].join('+');
}

export function openCommand(migration: Migration): NonNullable<Row['command']> {
  return { command: 'libvirt.openMigration', title: 'Open Migration', arguments: [{ migration: migration.id }] };
}

function outgoingText(migration: Migration): string {
  const { destination } = migration.state;
  return `${destination === undefined ? 'migrating' : `→ ${hostName(destination)}`} · ${describeShort(migration)}`;
}

/** A paused guest may be resumed, save one that stands still because it is just arriving or has half its memory elsewhere. */
function idleContext({ config }: Hypervisor, { state, reason }: Domain): string {
  const resumable = state === 'paused' && !config.readOnly && !/^(migrating|post-copy)/.test(reason ?? '');
  return `domain.${state}${resumable ? '+resume' : ''}`;
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
