import type { PanelMark, PanelSample, PanelTone } from './protocol.js';

/** What the page that compares two migrations and the extension say to each other; the rules of protocol.ts hold here, too. */

/** One of the two. */
export interface ComparedSide {
  readonly migrationId: string;
  readonly domainName: string;
  readonly source: string;
  readonly destination: string | undefined;
  readonly started: string;
  readonly phase: string;
  readonly tone: PanelTone;
  readonly samples: readonly PanelSample[];
  readonly marks: readonly PanelMark[];
}

/** A figure of both, as text. */
export interface ComparedRow {
  readonly label: string;
  readonly meaning: string;
  readonly first: string;
  readonly second: string;
}

export interface ComparisonInit {
  readonly type: 'comparison';
  readonly id: string;
  /** Undefined where nothing is kept of one of them any more. */
  readonly sides: readonly [ComparedSide, ComparedSide] | undefined;
  readonly rows: readonly ComparedRow[];
}

export type ToComparison = ComparisonInit;

export type FromComparison = { readonly type: 'ready' } | { readonly type: 'open'; readonly migrationId: string };
