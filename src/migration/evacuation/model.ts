import type { MigrationOptions } from '../start/model.js';

/** A domain that is to leave, and where it goes. */
export interface PlannedMove {
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: number;
  /** Whether it is defined, not only running: it then is so on its destination, and no longer on its source. */
  readonly persistent: boolean;
  /** A name in the tree. */
  readonly destination: string;
}

/** A domain that stays where it is. */
export interface LeftDomain {
  readonly uuid: string;
  readonly name: string;
  /** Whether it keeps the host from being empty: it runs, or is paused. */
  readonly running: boolean;
  /** Why, without its name: `it is shut off`. */
  readonly reason: string;
}

/** Which domains leave a host and where they go, before anything moves. */
export interface EvacuationPlan {
  readonly source: string;
  readonly moves: readonly PlannedMove[];
  readonly left: readonly LeftDomain[];
}

/** What the user decided. */
export interface EvacuationSettings {
  /** How many migrate away from the source at a time. */
  readonly perSource: number;
  /** How many arrive at each destination at a time. */
  readonly perDestination: number;
  /** What differs from how a domain is migrated otherwise. */
  readonly options: Partial<MigrationOptions>;
}

export const defaultAtOnce = 2;
/** More at a time only take the network from each other. */
export const maxAtOnce = 16;

/** By which URI and address a destination is reached from the source. */
export interface EvacuationRoute {
  readonly destinationUri: string;
  readonly migrationUri: string | undefined;
}

/** Where both hosts had a domain when they were asked after its migration. `half`: what its post-copy left of it is no guest. */
export interface SeenPlace {
  readonly on: 'source' | 'destination' | 'both' | 'nowhere' | 'half';
  /** It stands still there. */
  readonly paused: boolean;
}

/** Where one domain is on its way. Times are `Date.now()`. `seen` is absent where nothing of it was begun. */
export type ItemState =
  | { readonly kind: 'waiting' }
  /** Its pre-flight runs; `toStart`: it holds a slot and starts right after it. */
  | { readonly kind: 'checking'; readonly toStart: boolean }
  /** Written down before its start is sent: after a reload it is looked for before it may be started again. */
  | { readonly kind: 'starting'; readonly atMs: number }
  /** `startId`: the starter's; undefined where only the hosts were seen at it. */
  | { readonly kind: 'migrating'; readonly atMs: number; readonly startId: string | undefined }
  | { readonly kind: 'done'; readonly atMs: number; readonly seen?: SeenPlace }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly advice: string | undefined;
      readonly seen?: SeenPlace;
    }
  /** The user passed over it; where its migration was aborted for that, its source was seen to have it. */
  | { readonly kind: 'skipped'; readonly seen?: SeenPlace }
  /** The whole evacuation was stopped. */
  | { readonly kind: 'cancelled'; readonly seen?: SeenPlace };

/** What its last pre-flight foretold. */
export interface ItemForecast {
  readonly checkedAtMs: number;
  readonly converges: boolean | undefined;
  readonly timeMs: number | undefined;
  readonly sentence: string;
  /** What the pre-flight warned of, a sentence each. */
  readonly warnings: readonly string[];
}

/** From the start of one of its migrations to its end; `Date.now()`. */
export interface Journey {
  readonly fromMs: number;
  readonly toMs: number | undefined;
}

/** One domain of an evacuation. */
export interface EvacuationItem extends PlannedMove {
  readonly state: ItemState;
  readonly forecast: ItemForecast | undefined;
  /** What becomes of it once its running migration has been aborted. */
  readonly wanted: 'skip' | 'cancel' | undefined;
  /** Why it does not go on while it should: an abort that was refused, a host that is gone. */
  readonly note: string | undefined;
  /** Each time that it was under way: a start of its own by somebody, in between or later, is none of the evacuation's. */
  readonly journeys?: readonly Journey[];
}

/** `stopAfterThis`: what runs is finished. `stopAll`: what runs is aborted. Neither begins anything new. */
export type EvacuationMode = 'go' | 'stopAfterThis' | 'stopAll';

/** One evacuation, whole: what is kept in the storage. */
export interface EvacuationRecord {
  readonly id: string;
  readonly source: string;
  readonly startedAtMs: number;
  readonly settings: EvacuationSettings;
  /** By destination. */
  readonly routes: Readonly<Record<string, EvacuationRoute>>;
  /** In the order in which they leave. */
  readonly items: readonly EvacuationItem[];
  readonly left: readonly LeftDomain[];
  readonly mode: EvacuationMode;
  /** When the last domain's way was over. */
  readonly endedAtMs: number | undefined;
}

/** `stopped`: nothing runs, and it can be resumed. `ended`: every domain's way is over. */
export type EvacuationPhase = 'running' | 'stopping' | 'stopped' | 'ended';

/** Whether something is under way for it on a host. */
export function isActive({ state }: Pick<EvacuationItem, 'state'>): boolean {
  return state.kind === 'checking' || isMigrating({ state });
}

export function isMigrating({ state }: Pick<EvacuationItem, 'state'>): boolean {
  return state.kind === 'starting' || state.kind === 'migrating';
}

export function phaseOf({ mode, items }: Pick<EvacuationRecord, 'mode' | 'items'>): EvacuationPhase {
  const active = items.some(isActive);
  if (mode !== 'go') {
    if (active) return 'stopping';
    return items.some(({ state }) => state.kind === 'waiting' || state.kind === 'cancelled') ? 'stopped' : 'ended';
  }
  return active || items.some(({ state }) => state.kind === 'waiting') ? 'running' : 'ended';
}

/**
 * Whether it may be sent to another host now: nothing of it is under way, and it was seen nowhere but on its source. Another
 * host would not notice a second one of it.
 */
export function isRedirectable({ state }: Pick<EvacuationItem, 'state'>): boolean {
  switch (state.kind) {
    case 'waiting':
      return true;
    case 'failed':
    case 'skipped':
    case 'cancelled':
      return state.seen === undefined || state.seen.on === 'source';
    case 'checking':
    case 'starting':
    case 'migrating':
    case 'done':
      return false;
  }
}

/** What the user can do about an evacuation; `domain` is a UUID. */
export type EvacuationCommand =
  | { readonly kind: 'skip'; readonly domain: string }
  | { readonly kind: 'retry'; readonly domain: string }
  /** Lets it go to another host; what has failed or was passed over is tried again there. */
  | {
      readonly kind: 'redirect';
      readonly domain: string;
      readonly destination: string;
      readonly route: EvacuationRoute;
    }
  | { readonly kind: 'stopAfterThis' }
  | { readonly kind: 'stopAll' }
  | { readonly kind: 'resume' };
