import type { Hosts } from '../migration/availability.js';
import { describeRoute, describeShort, toneOf } from '../migration/describe.js';
import type { Migration } from '../migration/model.js';
import type { PastEntry } from '../migration/past/entry.js';
import { describeSentence } from '../migration/sentence.js';
import type { PanelTone } from '../panel/protocol.js';
import { openCommand, withActions } from './domainRow.js';
import { runningIcon } from './runningIcon.js';
import { colors, type Icon, type Row, rowId } from './rows.js';

/** A past migration and a running one, as the list *Migrations* shows them. */
export function migrationRow(migration: Migration, hosts: Hosts): Row {
  const { state } = migration;
  const running = state.outcome === undefined;
  const started = `Started ${timeText(migration.startedAtMs)}`;
  return {
    id: rowId('migration', migration.id),
    label: describeRoute(migration),
    description: running ? describeShort(migration) : `${describeShort(migration)} · ${timeText(endOf(migration))}`,
    icon: running ? runningIcon(migration) : endedIcon(migration),
    contextValue: withActions(running ? 'migration.running' : 'migration.ended', migration, hosts),
    tooltip: [describeRoute(migration), describeSentence(migration), started],
    children: 'none',
    command: openCommand(migration),
  };
}

/** One whose record is in the archive: what its index tells. */
export function pastRow(entry: PastEntry): Row {
  const { id, state, startedAtMs, imported } = entry;
  const short = describeShort({ state, samples: [], marks: [] });
  return {
    id: rowId('migration', id),
    label: describeRoute(entry),
    description: `${short} · ${timeText(state.endedAtMs ?? startedAtMs)}`,
    icon: endedIcon(entry),
    contextValue: imported ? 'migration.imported' : 'migration.archived',
    tooltip: [describeRoute(entry), short, `Started ${timeText(startedAtMs)}`],
    children: 'none',
    command: openCommand(entry),
  };
}

const toneIcons: Readonly<Record<PanelTone, Icon>> = {
  running: { id: 'sync~spin', color: colors.moving },
  good: { id: 'pass', color: colors.good },
  bad: { id: 'error', color: colors.bad },
  warning: { id: 'warning', color: colors.attention },
  neutral: { id: 'circle-slash', color: undefined },
};

function endedIcon({ state }: Pick<Migration, 'state'>): Icon {
  return state.outcome?.kind === 'lost' ? { id: 'question', color: colors.attention } : toneIcons[toneOf(state)];
}

function endOf({ state, startedAtMs }: Migration): number {
  return state.endedAtMs ?? startedAtMs;
}

/** A day's migrations need the time, older ones the date: `Nov 23, 02:14`. */
export function timeText(atMs: number): string {
  return new Intl.DateTimeFormat('en', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(atMs);
}
