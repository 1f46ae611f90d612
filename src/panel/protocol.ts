/**
 * What the panel's page and the extension say to each other. Plain JSON, figures with their unit in the name; every text
 * in it may come from a host and is set as text, never as HTML. The page holds nothing the extension could not send again.
 */

/** The ways to steer, in the order they are shown. */
export type PanelAction =
  | 'setSpeed'
  | 'setMaxDowntime'
  | 'setCompressionCache'
  | 'pause'
  | 'resume'
  | 'switchToPostcopy'
  | 'interruptPostcopy'
  | 'resumePostcopy'
  | 'abort'
  | 'undo';

/** A button: shown disabled with `why` in its tooltip when it can't work now. */
export interface PanelButton {
  readonly action: PanelAction;
  readonly label: string;
  readonly enabled: boolean;
  /** What it does, or why it is disabled. */
  readonly why: string;
}

/** What can be done to bring a migration to its end, or to leave it alone. */
export type PanelWayKind = 'wait' | 'setSpeed' | 'setMaxDowntime' | 'pause' | 'switchToPostcopy';

/** A way out, as a button: what is done, and what comes of it. */
export interface PanelWay {
  readonly way: PanelWayKind;
  /** MiB/s or ms; undefined where the way needs no value. */
  readonly value: number | undefined;
  /** `Max downtime 3 000 ms`. */
  readonly label: string;
  /** `ends in ~40 s`. */
  readonly finish: string;
  /** `stands still for at most 2.9 s`; undefined where nobody can tell. */
  readonly freeze: string | undefined;
  readonly enabled: boolean;
  /** What it does, or why it is disabled. */
  readonly why: string;
}

/** How far a migration is that is judged to end: it never goes back. */
export interface PanelProgress {
  readonly percent: number;
  /** `Copying memory · ~40 s left`. */
  readonly text: string;
}

/** One figure of the header's row: `Remaining`, `121 MiB`. */
export interface PanelFigure {
  readonly label: string;
  readonly value: string;
  /** What the figure means, for the tooltip. */
  readonly meaning: string;
}

export type PanelTone = 'running' | 'warning' | 'good' | 'bad' | 'neutral';

/** The head of the page: who, from, to, phase, and one sentence. */
export interface PanelHeader {
  readonly domainName: string;
  /** The guest's title or its platform's name for it; undefined where it has none. */
  readonly domainTitle: string | undefined;
  readonly source: string;
  /** Undefined when the destination is not one of the tree's hosts: the source can't tell. */
  readonly destination: string | undefined;
  readonly phase: string;
  readonly tone: PanelTone;
  /** One sentence: what happens, and why; after the end, the result. */
  readonly sentence: string;
  /** Why the figures are old, when they are: `No answer from hv1 for 12 s`. */
  readonly stale: string | undefined;
  /** The migration is over: the figures are final. */
  readonly ended: boolean;
  readonly figures: readonly PanelFigure[];
  readonly buttons: readonly PanelButton[];
  /** By the least harm first; empty where there is nothing to choose. */
  readonly ways: readonly PanelWay[];
  /** What was done last to bring it to its end, and what was foretold of that. */
  readonly taken: string | undefined;
  /** Undefined where it is not judged to end, or too early to judge. */
  readonly progress: PanelProgress | undefined;
}

/** One reading for the charts. Undefined where the host did not say. */
export interface PanelSample {
  /** Milliseconds since the migration's start, by the host's own count. */
  readonly elapsedMs: number;
  readonly remainingBytes?: number | undefined;
  readonly diskRemainingBytes?: number | undefined;
  readonly bandwidthBytesPerSecond?: number | undefined;
  readonly dirtyBytesPerSecond?: number | undefined;
  readonly expectedDowntimeMs?: number | undefined;
  readonly allowedDowntimeMs?: number | undefined;
  readonly throttlePercent?: number | undefined;
  /** How many of the guest's virtual CPUs worked since the sample before, on average. */
  readonly busyVcpus?: number | undefined;
  /** Of the pages sent since the sample before, those sent compressed. */
  readonly compressedPagesPercent?: number | undefined;
  /** Size of a compressed page against a whole one, since the sample before. */
  readonly compressedSizePercent?: number | undefined;
}

/** A line across the charts. `gap` is a stretch nobody watched: from `elapsedMs` to `untilMs`; no line may bridge it. */
export type PanelMark =
  | { readonly kind: 'iteration'; readonly elapsedMs: number; readonly iteration: number }
  | { readonly kind: 'action'; readonly elapsedMs: number; readonly label: string; readonly failed: boolean }
  | { readonly kind: 'phase'; readonly elapsedMs: number; readonly label: string }
  /** Done by somebody else. */
  | { readonly kind: 'change'; readonly elapsedMs: number; readonly label: string }
  | { readonly kind: 'gap'; readonly elapsedMs: number; readonly untilMs: number };

/** A row of the table of all that domjobinfo printed: `label` for people, `name` as printed. */
export interface PanelField {
  readonly name: string;
  readonly label: string;
  readonly value: string;
}

/** One line of the log of actions: what was done, the exact virsh line, and the answer. */
export interface PanelLogEntry {
  readonly atMs: number;
  readonly text: string;
  readonly virshLine: string | undefined;
  readonly answer: string | undefined;
  readonly failed: boolean;
}

/** Everything, once: when the page says `ready`. */
export interface PanelInit {
  readonly type: 'init';
  readonly migrationId: string;
  readonly header: PanelHeader;
  readonly samples: readonly PanelSample[];
  readonly marks: readonly PanelMark[];
  readonly fields: readonly PanelField[];
  readonly log: readonly PanelLogEntry[];
}

/** Only what changed since the last message: samples, marks and log entries are appended, header and fields replaced. */
export interface PanelUpdate {
  readonly type: 'update';
  readonly migrationId: string;
  readonly header?: PanelHeader;
  readonly samples?: readonly PanelSample[];
  readonly marks?: readonly PanelMark[];
  readonly fields?: readonly PanelField[];
  readonly log?: readonly PanelLogEntry[];
}

/** The migration as it was at a moment of its past. Histories are cut by the page, which has them. */
export interface PanelMoment {
  readonly type: 'moment';
  readonly migrationId: string;
  readonly elapsedMs: number;
  /** The same by the clock. */
  readonly atMs: number;
  readonly header: PanelHeader;
  readonly fields: readonly PanelField[];
  /** What was foretold then, and how it turned out. */
  readonly said: string;
}

export type ToPanel = PanelInit | PanelUpdate | PanelMoment;

export type FromPanel =
  /** The page runs and shows nothing yet: answer with `init`. */
  | { readonly type: 'ready' }
  | { readonly type: 'action'; readonly action: PanelAction }
  | { readonly type: 'way'; readonly way: PanelWayKind; readonly value?: number | undefined }
  /** Shows a past migration as it was then; answered with `moment`. */
  | { readonly type: 'moment'; readonly elapsedMs: number }
  | { readonly type: 'export'; readonly format: 'csv' | 'json' }
  | { readonly type: 'compare' }
  /** A virsh line or the table, as text, for the clipboard: the page may not have the clipboard itself. */
  | { readonly type: 'copy'; readonly text: string };
