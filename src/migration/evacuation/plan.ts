import { cleanLabel } from '../../base/cleanText.js';
import { formatBytes } from '../../panel/format.js';
import type { DomainState } from '../../virsh/domain.js';
import { neededBytes } from '../hostMemory.js';
import { isMigratable } from '../migratable.js';
import type { EvacuationPlan, LeftDomain, PlannedMove } from './model.js';

/** A domain of the host to be emptied, as far as placing it goes. */
export interface SurveyedDomain {
  readonly uuid: string;
  readonly name: string;
  readonly state: DomainState;
  /** Why it is in that state, as libvirt prints it. */
  readonly reason: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly persistent: boolean;
  /** What of it libvirt refuses to migrate, such as a device of the host's own; undefined where there is nothing. */
  readonly held: string | undefined;
  /** It migrates already, whoever started that. */
  readonly migrating: boolean;
  /** Why it could not be looked at, where it could not. */
  readonly problem: string | undefined;
}

/** A host that may take domains. */
export interface Candidate {
  readonly name: string;
  /** Undefined where it was not told. */
  readonly freeBytes: number | undefined;
  /** Promised to domains that are on their way there, or will be. */
  readonly reservedBytes: number;
}

/** A host that is to be emptied and those that may take its domains, as they were when they were asked. */
export interface EvacuationSurvey {
  readonly source: string;
  readonly domains: readonly SurveyedDomain[];
  readonly candidates: readonly Candidate[];
}

/** What the user wants of one domain. */
export type Choice = { readonly kind: 'to'; readonly destination: string } | { readonly kind: 'stay' };

/** By UUID. Where there is none, free memory decides. */
export type Choices = ReadonlyMap<string, Choice>;

/**
 * Who goes where. Those that the user has chosen for have their room first. Then biggest first, each to the candidate with the
 * most room left, and never onto one where it does not fit: what fits nowhere stays and is listed with its reason.
 */
export function planEvacuation(
  { source, domains, candidates }: EvacuationSurvey,
  choices: Choices = new Map(),
): EvacuationPlan {
  const room = new Map<string, number>();
  for (const { name, freeBytes, reservedBytes } of candidates) {
    if (freeBytes !== undefined) room.set(name, freeBytes - reservedBytes);
  }
  const take = (destination: string, bytes: number): void => {
    const left = room.get(destination);
    if (left !== undefined) room.set(destination, left - bytes);
  };
  for (const domain of domains.filter(isPlaceable)) {
    const choice = choices.get(domain.uuid);
    if (choice?.kind === 'to') take(choice.destination, neededBytes(domain));
  }
  const moves: PlannedMove[] = [];
  const left: LeftDomain[] = [];
  const bySize = [...domains].sort(
    (a, b) =>
      (b.memoryBytes ?? 0) - (a.memoryBytes ?? 0) || a.name.localeCompare(b.name) || a.uuid.localeCompare(b.uuid),
  );
  for (const domain of bySize) {
    const { uuid, name, persistent } = domain;
    const choice = choices.get(uuid);
    if (!isPlaceable(domain)) {
      const reason = staysBecause(domain) ?? 'nothing tells how much memory it has';
      left.push({ uuid, name, running: runs(domain), reason });
      continue;
    }
    const { memoryBytes } = domain;
    if (choice?.kind === 'stay') {
      left.push({ uuid, name, running: true, reason: 'it was chosen to stay' });
      continue;
    }
    const needed = neededBytes({ memoryBytes });
    const destination = choice?.destination ?? roomiest(room, needed);
    if (destination === undefined) {
      left.push({ uuid, name, running: true, reason: fitsNowhere(needed, candidates, room) });
      continue;
    }
    if (choice === undefined) take(destination, needed);
    moves.push({ uuid, name, memoryBytes, persistent, destination });
  }
  return { source, moves, left };
}

/** Whether it could go, were there room for it. */
export function isPlaceable(domain: SurveyedDomain): domain is SurveyedDomain & { readonly memoryBytes: number } {
  return domain.memoryBytes !== undefined && staysBecause(domain) === undefined;
}

/** What a candidate has left once all that goes there is there; negative where it is too much. Undefined where nothing tells. */
export function roomBeside(
  { name, freeBytes, reservedBytes }: Candidate,
  moves: readonly PlannedMove[],
): number | undefined {
  if (freeBytes === undefined) return undefined;
  const there = moves.filter(({ destination }) => destination === name);
  return there.reduce((room, move) => room - neededBytes(move), freeBytes - reservedBytes);
}

/** A paused one has its memory there: it keeps the host from being empty as one that runs does. */
function runs({ state }: SurveyedDomain): boolean {
  return state === 'running' || state === 'idle' || state === 'paused';
}

function staysBecause(domain: SurveyedDomain): string | undefined {
  if (domain.migrating) return 'it is migrating already';
  switch (domain.state) {
    case 'running':
    case 'idle':
      break;
    case 'paused':
      if (isMigratable(domain)) break;
      return pausedBecause(domain.reason ?? '');
    case 'shutOff':
      return 'it is shut off';
    case 'crashed':
      return 'it has crashed';
    case 'inShutdown':
      return 'it is shutting down';
    case 'suspended':
      return 'it is suspended';
    case 'noState':
    case 'unknown':
      return 'its state is not known';
  }
  if (domain.problem !== undefined) return domain.problem;
  return domain.held === undefined ? undefined : `it can’t migrate: ${domain.held}`;
}

function pausedBecause(reason: string): string {
  if (reason.startsWith('post-copy')) return 'only half of it is here, by its post-copy';
  return reason === 'migrating' ? 'it is paused by a migration' : `it is paused (${cleanLabel(reason, 60)})`;
}

/** Of those with room for it, the one with most; of equal ones the first. */
function roomiest(room: ReadonlyMap<string, number>, needed: number): string | undefined {
  let best: string | undefined;
  let most = needed - 1;
  for (const [name, bytes] of room) {
    if (bytes <= most) continue;
    best = name;
    most = bytes;
  }
  return best;
}

function fitsNowhere(needed: number, candidates: readonly Candidate[], room: ReadonlyMap<string, number>): string {
  if (candidates.length === 0) return 'there is no host that could take it';
  const told = candidates.map(({ name }) => {
    const bytes = room.get(name);
    return bytes === undefined ? `${name} does not tell its free memory` : `${name} has ${formatBytes(bytes)} left`;
  });
  return `it needs ${formatBytes(needed)} and fits nowhere: ${told.join(', ')}`;
}
