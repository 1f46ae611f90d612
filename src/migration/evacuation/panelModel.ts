import { isDeepStrictEqual } from 'node:util';
import type {
  EvacuationAction,
  EvacuationButton,
  EvacuationCount,
  EvacuationHeader,
  EvacuationInit,
  EvacuationRow,
  EvacuationRowAction,
  EvacuationStatus,
  EvacuationUpdate,
} from '../../panel/evacuationProtocol.js';
import { describeShort, hostName } from '../describe.js';
import type { Migration, Migrations } from '../model.js';
import type { Fleet } from '../../hypervisor/model.js';
import { isUsable } from './whereabouts.js';
import { countsOf, describeEvacuation, describeHow, describeItem, itemTexts, phaseNames, toneOf } from './describe.js';
import type { Evacuation } from './evacuations.js';
import { type EvacuationItem, type EvacuationRecord, isRedirectable, type ItemState, phaseOf } from './model.js';

/** What the page depends on besides the evacuation. */
export interface EvacuationSurroundings {
  readonly fleet: Pick<Fleet, 'get' | 'hypervisors'>;
  readonly migrations: Pick<Migrations, 'all'>;
}

const elsewhereWhy = 'Another window runs this evacuation: steer it there.';

export function evacuationInit(evacuation: Evacuation, surroundings: EvacuationSurroundings): EvacuationInit {
  const { record } = evacuation;
  return {
    type: 'init',
    host: record.source,
    header: evacuationHeader(evacuation, surroundings),
    rows: inShownOrder(record.items).map((item) => rowOf(item, evacuation, surroundings)),
    left: record.left.map(({ uuid, name, reason }) => ({ id: uuid, name, reason })),
  };
}

/** What is under way first, then what wants a look; those that are done need none. In each group as they leave. */
const shownOrder: readonly ItemState['kind'][] = [
  'migrating',
  'starting',
  'checking',
  'failed',
  'waiting',
  'cancelled',
  'skipped',
  'done',
];

function inShownOrder(items: readonly EvacuationItem[]): readonly EvacuationItem[] {
  return shownOrder.flatMap((kind) => items.filter(({ state }) => state.kind === kind));
}

/** For a page that came back and whose evacuation nobody remembers. */
export function evacuationUnknown(host: string): EvacuationInit {
  return {
    type: 'init',
    host,
    header: {
      host,
      phase: 'Not known',
      tone: 'neutral',
      sentence: 'This evacuation is not known any more.',
      how: undefined,
      notice: undefined,
      done: 0,
      total: 0,
      counts: [],
      buttons: [],
    },
    rows: [],
    left: [],
  };
}

/** What `now` shows otherwise than `before`; undefined where nothing does. Another evacuation is another `init`. */
export function evacuationUpdate(before: EvacuationInit, now: EvacuationInit): EvacuationUpdate | undefined {
  const known = new Map(before.rows.map((row) => [row.id, row]));
  const rows = now.rows.filter((row) => !isDeepStrictEqual(known.get(row.id), row));
  const order = now.rows.map(({ id }) => id);
  const isOrdered = isDeepStrictEqual(
    order,
    before.rows.map(({ id }) => id),
  );
  const isSameHeader = isDeepStrictEqual(before.header, now.header);
  if (rows.length === 0 && isOrdered && isSameHeader) return undefined;
  return {
    type: 'update',
    host: now.host,
    ...(isSameHeader ? {} : { header: now.header }),
    ...(rows.length === 0 ? {} : { rows }),
    ...(isOrdered ? {} : { order }),
  };
}

/** The migration of one domain of an evacuation, as it is watched: the running one, or its last since then. */
export function migrationOf(
  { uuid }: Pick<EvacuationItem, 'uuid'>,
  { source, startedAtMs }: Pick<EvacuationRecord, 'source' | 'startedAtMs'>,
  { all }: Pick<Migrations, 'all'>,
): Migration | undefined {
  return all.find(
    (migration) =>
      migration.domainUuid === uuid &&
      migration.source === source &&
      (migration.state.outcome === undefined || migration.startedAtMs >= startedAtMs),
  );
}

function evacuationHeader(evacuation: Evacuation, { fleet }: EvacuationSurroundings): EvacuationHeader {
  const { record } = evacuation;
  const counts = countsOf(record);
  const shown: readonly (readonly [EvacuationStatus, string, boolean])[] = [
    ['done', 'Done', true],
    ['migrating', 'Migrating', true],
    ['checking', 'Pre-flight', false],
    ['waiting', 'Waiting', true],
    ['failed', 'Failed', true],
    ['skipped', 'Skipped', true],
    ['cancelled', 'Not moved', false],
  ];
  return {
    host: record.source,
    phase: phaseNames[phaseOf(record)],
    tone: toneOf(record),
    sentence: describeEvacuation(record),
    how: describeHow(record),
    notice: evacuation.elsewhere ? elsewhereWhy : hostsAway(record, fleet),
    done: counts.done,
    total: record.items.length,
    counts: shown
      .filter(([status, , always]) => always || counts[status] > 0)
      .map(([status, label]): EvacuationCount => ({ status, label, count: counts[status] })),
    buttons: headerButtons(evacuation),
  };
}

/** What waits for a host, and for which. */
function hostsAway(record: EvacuationRecord, fleet: Pick<Fleet, 'get'>): string | undefined {
  const phase = phaseOf(record);
  if (phase !== 'running' && phase !== 'stopping') return undefined;
  const away = (name: string): boolean => fleet.get(name)?.status.kind !== 'connected';
  if (away(record.source)) {
    const host = hostName(record.source);
    if (phase === 'running') return `${host} is not connected: nothing new begins until it is.`;
    return record.mode === 'stopAll'
      ? `${host} is not connected: what migrates can’t be aborted until it is, and may leave meanwhile.`
      : `${host} is not connected: how what migrates ends is not known until it is.`;
  }
  if (phase === 'stopping') return undefined;
  const waited = record.items.filter(({ state }) => state.kind === 'waiting').map(({ destination }) => destination);
  const gone = [...new Set(waited)].filter(away).map(hostName);
  if (gone.length === 0) return undefined;
  return `${gone.join(', ')} ${gone.length === 1 ? 'is' : 'are'} not connected: the domains that go there wait for that.`;
}

function headerButtons({ record, elsewhere }: Evacuation): readonly EvacuationButton<EvacuationAction>[] {
  const phase = phaseOf(record);
  const button = (
    action: EvacuationAction,
    label: string,
    enabled: boolean,
    does: string,
    cant: string,
  ): EvacuationButton<EvacuationAction> => ({
    action,
    label,
    enabled: enabled && !elsewhere,
    why: elsewhere ? elsewhereWhy : enabled ? does : cant,
  });
  if (phase === 'ended') return [];
  const resume = button('resume', 'Resume', true, 'Goes on with those that were not moved.', '');
  if (phase === 'stopped') return [resume];
  const host = hostName(record.source);
  const isStoppingAll = phase === 'stopping' && record.mode === 'stopAll';
  const stopAll = button(
    'stopAll',
    'Stop All…',
    true,
    isStoppingAll
      ? 'It is being stopped: sends at once what aborts the migrations that still run.'
      : `Aborts what migrates and begins nothing new: all that has not left stays on ${host}.`,
    '',
  );
  if (phase === 'stopping' && record.mode === 'stopAfterThis') return [resume, stopAll];
  const stopAfterThis = button(
    'stopAfterThis',
    'Stop After This',
    phase === 'running',
    'Lets finish what migrates, and begins nothing new.',
    'It is being stopped.',
  );
  return [stopAfterThis, stopAll];
}

function rowOf(
  item: EvacuationItem,
  { record, elsewhere }: Evacuation,
  { migrations, fleet }: EvacuationSurroundings,
): EvacuationRow {
  const { state, uuid, name, destination, forecast } = item;
  const migration = migrationOf(item, record, migrations);
  const seen = migration === undefined ? undefined : describeShort(migration);
  const hint = state.kind === 'failed' ? state.advice : forecast?.warnings.join(' ');
  return {
    id: uuid,
    name,
    destination,
    status: statusOf(state),
    text: itemTexts[state.kind],
    detail: describeItem(item, record.source, seen),
    hint: hint === '' || state.kind === 'done' ? undefined : hint,
    buttons: rowButtons(item, record, migration, elsewhere, canGoElsewhere(item, record, fleet)),
  };
}

/** Whether there is another host that it could go to. */
function canGoElsewhere(
  item: EvacuationItem,
  { source }: EvacuationRecord,
  { hypervisors }: Pick<Fleet, 'hypervisors'>,
): boolean {
  const taken = [source, item.destination];
  return isRedirectable(item) && hypervisors.some((host) => !taken.includes(host.config.name) && isUsable(host));
}

function rowButtons(
  { state, wanted }: EvacuationItem,
  { source }: EvacuationRecord,
  migration: Migration | undefined,
  elsewhere: boolean,
  redirects: boolean,
): readonly EvacuationButton<EvacuationRowAction>[] {
  const buttons: EvacuationButton<EvacuationRowAction>[] = [];
  if (migration !== undefined) {
    buttons.push({
      action: 'open',
      label: 'Open',
      enabled: true,
      why: 'Opens its migration: charts, and all the ways to steer it.',
    });
  }
  const enabled = !elsewhere;
  switch (state.kind) {
    case 'waiting':
    case 'checking':
      buttons.push({ action: 'skip', label: 'Skip', enabled, why: enabled ? 'Passes over it.' : elsewhereWhy });
      break;
    case 'starting':
    case 'migrating': {
      const can = enabled && wanted === undefined;
      const why = !enabled
        ? elsewhereWhy
        : can
          ? `Aborts its migration: it stays on ${hostName(source)}.`
          : 'It is being aborted.';
      buttons.push({ action: 'skip', label: 'Skip…', enabled: can, why });
      break;
    }
    case 'failed':
    case 'skipped':
    case 'cancelled':
      buttons.push({
        action: 'retry',
        label: 'Retry',
        enabled,
        why: enabled ? 'Checks it anew and lets it go when its turn comes.' : elsewhereWhy,
      });
      break;
    case 'done':
      break;
  }
  if (redirects) {
    const why = enabled ? 'Sends it to another host instead.' : elsewhereWhy;
    buttons.push({ action: 'redirect', label: 'Elsewhere…', enabled, why });
  }
  return buttons;
}

function statusOf({ kind }: ItemState): EvacuationStatus {
  return kind === 'starting' ? 'migrating' : kind;
}
