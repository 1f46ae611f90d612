/**
 * What the page of an evacuation and the extension say to each other. Plain JSON; every text in it may come from a host and is
 * set as text, never as HTML. The page holds nothing the extension could not send again.
 */
import type { PanelTone } from './protocol.js';

export type EvacuationStatus = 'waiting' | 'checking' | 'migrating' | 'done' | 'failed' | 'skipped' | 'cancelled';

/** What can be done about the whole of it, in the order it is shown. */
export type EvacuationAction = 'stopAfterThis' | 'stopAll' | 'resume';

/** What can be done about one domain. */
export type EvacuationRowAction = 'skip' | 'retry' | 'redirect' | 'open';

/** A button: shown disabled with `why` in its tooltip when it can't work now. */
export interface EvacuationButton<Action> {
  readonly action: Action;
  readonly label: string;
  readonly enabled: boolean;
  /** What it does, or why it is disabled. */
  readonly why: string;
}

/** How many domains are in one state. */
export interface EvacuationCount {
  readonly status: EvacuationStatus;
  readonly label: string;
  readonly count: number;
}

export interface EvacuationHeader {
  readonly host: string;
  readonly phase: string;
  readonly tone: PanelTone;
  /** One sentence: what happens, and why; after the end, the result. */
  readonly sentence: string;
  /** How many at a time, and where to; undefined where it is not known. */
  readonly how: string | undefined;
  /** Why nothing can be steered from here, or goes on, while that is so. */
  readonly notice: string | undefined;
  /** Domains that have arrived; it never falls. */
  readonly done: number;
  readonly total: number;
  readonly counts: readonly EvacuationCount[];
  readonly buttons: readonly EvacuationButton<EvacuationAction>[];
}

/** One domain on its way. */
export interface EvacuationRow {
  /** Its UUID. */
  readonly id: string;
  readonly name: string;
  readonly destination: string;
  readonly status: EvacuationStatus;
  /** The status in words: `Migrating`. */
  readonly text: string;
  /** Phase and iteration, forecast, or reason. */
  readonly detail: string;
  /** What its pre-flight warned of, or what can be done about its failure. */
  readonly hint: string | undefined;
  readonly buttons: readonly EvacuationButton<EvacuationRowAction>[];
}

/** One that stays where it is. */
export interface EvacuationLeft {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
}

/** Everything, once: when the page says `ready`. */
export interface EvacuationInit {
  readonly type: 'init';
  /** The host that is emptied: what the page is found again by. */
  readonly host: string;
  readonly header: EvacuationHeader;
  /** In the order in which they are shown. */
  readonly rows: readonly EvacuationRow[];
  readonly left: readonly EvacuationLeft[];
}

/** Only what changed: rows are replaced by their id; `order` is there where it is another. */
export interface EvacuationUpdate {
  readonly type: 'update';
  readonly host: string;
  readonly header?: EvacuationHeader;
  readonly rows?: readonly EvacuationRow[];
  readonly order?: readonly string[];
}

export type ToEvacuationPanel = EvacuationInit | EvacuationUpdate;

export type FromEvacuationPanel =
  /** The page runs and shows nothing yet: answer with `init`. */
  | { readonly type: 'ready' }
  | { readonly type: 'action'; readonly action: EvacuationAction }
  | { readonly type: 'rowAction'; readonly action: EvacuationRowAction; readonly id: string };
