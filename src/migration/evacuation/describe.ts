import { cleanLabel } from '../../base/cleanText.js';
import { formatBytes, formatDuration } from '../../panel/format.js';
import type { PanelTone } from '../../panel/protocol.js';
import { guestName, hostName } from '../describe.js';
import {
  type EvacuationItem,
  type EvacuationPhase,
  type EvacuationPlan,
  type EvacuationRecord,
  type EvacuationSettings,
  type ItemState,
  type LeftDomain,
  phaseOf,
  type SeenPlace,
} from './model.js';
import { isLookedAt } from './queue.js';

export const phaseNames: Readonly<Record<EvacuationPhase, string>> = {
  running: 'Evacuating',
  stopping: 'Stopping',
  stopped: 'Stopped',
  ended: 'Ended',
};

/** How many are in which state. Those that are under way in any form count as migrating, but for a pre-flight. */
export function countsOf({ items }: Pick<EvacuationRecord, 'items'>): Readonly<Record<CountedKind, number>> {
  const count = (...kinds: readonly ItemState['kind'][]): number =>
    items.filter(({ state }) => kinds.includes(state.kind)).length;
  return {
    done: count('done'),
    migrating: count('starting', 'migrating'),
    checking: count('checking'),
    waiting: count('waiting'),
    failed: count('failed'),
    skipped: count('skipped'),
    cancelled: count('cancelled'),
  };
}

type CountedKind = 'done' | 'migrating' | 'checking' | 'waiting' | 'failed' | 'skipped' | 'cancelled';

/** `Evacuating hv1: 3 of 8`. */
export function describeForStatusBar(record: EvacuationRecord): string {
  const verb = phaseOf(record) === 'stopping' ? 'Stopping the evacuation of' : 'Evacuating';
  return `${verb} ${hostName(record.source)}: ${countsOf(record).done} of ${record.items.length}`;
}

/** One sentence: what happens, or, after the end, the result. */
export function describeEvacuation(record: EvacuationRecord): string {
  const host = hostName(record.source);
  const counts = countsOf(record);
  const total = record.items.length;
  const gone = `${counts.done} of ${domains(total)} ${counts.done === 1 ? 'has' : 'have'} left ${host}`;
  switch (phaseOf(record)) {
    case 'running': {
      const looked = record.items.filter(isLookedAt).length;
      if (looked > 0 && counts.migrating + counts.done === 0) {
        return `Looking ahead, before anything moves: what would keep a domain here, and which is quickest.`;
      }
      return `${gone}; ${listed([
        [counts.migrating, 'migrating'],
        [counts.checking, 'being checked'],
        [counts.waiting, 'waiting'],
        [counts.failed, 'failed'],
      ])}.`;
    }
    case 'stopping':
      return record.mode === 'stopAll'
        ? `Nothing new begins, and ${migrations(counts.migrating)} aborted: those domains stay on ${host}. ${gone}.`
        : `Nothing new begins; ${migrations(counts.migrating)} let finish. ${gone}.`;
    case 'stopped':
      return `${gone}; ${listed([
        [counts.waiting + counts.cancelled, 'not moved'],
        [counts.failed, 'failed'],
        [counts.skipped, 'skipped'],
      ])}. Resume goes on with those that were not moved.`;
    case 'ended':
      return describeResult(record);
  }
}

function describeResult(record: EvacuationRecord): string {
  const host = hostName(record.source);
  const { done, failed, skipped } = countsOf(record);
  const total = record.items.length;
  const took =
    record.endedAtMs === undefined ? '' : ` in ${formatDuration(Math.max(0, record.endedAtMs - record.startedAtMs))}`;
  const stay = record.left.filter(({ running }) => running).length;
  const others = stay === 0 ? '' : ` ${stay} more ${stay === 1 ? 'runs' : 'run'} there that could not be planned.`;
  if (done === total) {
    const all = total === 1 ? 'The one domain' : total === 2 ? 'Both domains' : `All ${domains(total)}`;
    return `${all} that could go ${total === 1 ? 'has' : 'have'} left ${host}${took}.${others}`;
  }
  const rest = listed([
    [failed, 'failed'],
    [skipped, 'skipped'],
  ]);
  return `${done} of ${domains(total)} ${done === 1 ? 'has' : 'have'} left ${host}${took}; ${rest}: ${placesOf(record)}.${others}`;
}

/** Where those are that have not left, as far as it was seen. */
function placesOf({ source, items }: EvacuationRecord): string {
  const host = hostName(source);
  const texts = items.flatMap(({ state, journeys = [] }) => {
    if (state.kind !== 'failed' && state.kind !== 'skipped' && state.kind !== 'cancelled') return [];
    switch (state.seen?.on) {
      case 'source':
        return [`still on ${host}`];
      case 'destination':
        return ['on their destination'];
      case 'both':
        return ['ON BOTH HOSTS'];
      case 'nowhere':
        return ['ON NEITHER HOST'];
      case 'half':
        return ['HALF LEFT'];
      case undefined:
        return [journeys.length === 0 ? 'never begun' : 'not begun again'];
    }
  });
  const places = [...new Set(texts)];
  const [only] = places;
  if (places.length === 1 && only !== undefined) return only;
  return places.map((place) => `${texts.filter((text) => text === place).length} ${place}`).join(', ');
}

/** How the panel's head is coloured: by what went wrong, or has to be decided. */
export function toneOf(record: EvacuationRecord): PanelTone {
  const { failed, skipped } = countsOf(record);
  switch (phaseOf(record)) {
    case 'running':
      return 'running';
    case 'stopping':
    case 'stopped':
      return 'warning';
    case 'ended':
      if (failed > 0) return 'bad';
      return skipped > 0 || record.left.some(({ running }) => running) ? 'warning' : 'good';
  }
}

export const itemTexts: Readonly<Record<ItemState['kind'], string>> = {
  waiting: 'Waiting',
  checking: 'Pre-flight',
  starting: 'Starting',
  migrating: 'Migrating',
  done: 'Done',
  failed: 'Failed',
  skipped: 'Skipped',
  cancelled: 'Not moved',
};

/** What there is to say of one domain besides its state; `seen`: its migration as it is watched. */
export function describeItem(item: EvacuationItem, source: string, seen: string | undefined): string {
  if (item.note !== undefined) return sentence(item.note);
  switch (item.state.kind) {
    case 'waiting':
      return item.forecast === undefined ? '' : sentence(item.forecast.sentence);
    case 'checking':
    case 'starting':
      return '';
    case 'migrating':
      return capitalized(
        [item.wanted === undefined ? undefined : 'being aborted', seen]
          .filter((part) => part !== undefined)
          .join(' · '),
      );
    case 'done':
      return `${isAt(item.destination, item.state.seen)}${tookOf(item)}`;
    case 'failed': {
      const where = item.state.seen?.on === 'source' ? ` ${isAt(source, item.state.seen)}` : '';
      return `${sentence(item.state.reason)}${where}`;
    }
    case 'skipped':
    case 'cancelled':
      if (item.state.seen !== undefined) return isAt(source, item.state.seen);
      return (item.journeys ?? []).length === 0 ? 'Nothing of it was begun.' : 'It was not begun again.';
  }
}

/** How long its last way took. */
function tookOf({ journeys = [] }: Pick<EvacuationItem, 'journeys'>): string {
  const last = journeys.at(-1);
  return last?.toMs === undefined ? '' : ` It took ${formatDuration(Math.max(0, last.toMs - last.fromMs))}.`;
}

function isAt(host: string, seen: SeenPlace | undefined): string {
  return seen?.paused === true ? `Is on ${hostName(host)}, paused.` : `Runs on ${hostName(host)}.`;
}

/** The plan in words, for the question before anything moves. */
export function describePlan(
  { source, moves, left }: EvacuationPlan,
  { perSource, perDestination }: EvacuationSettings,
): string {
  const lines: string[] = [];
  const destinations = [...new Set(moves.map(({ destination }) => destination))];
  for (const name of destinations) {
    const there = moves.filter(({ destination }) => destination === name);
    const bytes = there.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    lines.push(`To ${hostName(name)}, ${formatBytes(bytes)}: ${names(there)}.`);
  }
  const each = destinations.length > 1 ? `, ${perDestination} to each destination` : '';
  lines.push(
    `${Math.min(perSource, Math.max(1, moves.length))} at a time${each}, each after its pre-flight, the quickest first. ` +
      `What fails stays on ${hostName(source)}.`,
  );
  if (left.length > 0) lines.push(describeStay(left));
  return lines.join('\n\n');
}

/** Who does not leave, and why. */
export function describeStay(left: readonly LeftDomain[]): string {
  return `Stay: ${leftNames(left)}.`;
}

/** How it is done: `2 at a time, 1 to each of hv2, hv3.` */
export function describeHow({ items, settings }: Pick<EvacuationRecord, 'items' | 'settings'>): string {
  const destinations = [...new Set(items.map(({ destination }) => destination))].sort().map(hostName);
  const [only] = destinations;
  if (only === undefined) return '';
  if (destinations.length === 1)
    return `${Math.min(settings.perSource, settings.perDestination)} at a time, to ${only}.`;
  return `${settings.perSource} at a time, ${settings.perDestination} to each of ${destinations.join(', ')}.`;
}

/** How many are named before the rest is a number. */
const namedLimit = 12;

function names(all: readonly { readonly name: string }[]): string {
  const named = all.slice(0, namedLimit).map(({ name }) => guestName({ domainName: name }));
  const more = all.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${more} more`;
}

/** Those that run first: they keep the host from being empty. */
function leftNames(left: readonly LeftDomain[]): string {
  const sorted = [...left].sort((a, b) => Number(b.running) - Number(a.running));
  const named = sorted.slice(0, namedLimit).map(({ name, reason }) => {
    return `${guestName({ domainName: name })} (${cleanLabel(reason, reasonLimit)})`;
  });
  const more = sorted.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${more} more`;
}

const reasonLimit = 160;

export function domains(count: number): string {
  return `${count} ${count === 1 ? 'domain' : 'domains'}`;
}

function migrations(count: number): string {
  return count === 1 ? 'the migration that runs is' : `the ${count} migrations that run are`;
}

function listed(parts: readonly (readonly [number, string])[]): string {
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return told.length === 0 ? 'nothing is left to do' : told.join(', ');
}

/** libvirt's own words begin small and end without a stop. */
function sentence(text: string): string {
  const first = capitalized(text.trim());
  return /[.!?…:]$/u.test(first) ? first : `${first}.`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
