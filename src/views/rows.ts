/** One row of a tree, without the editor: what is shown is decided here and tested without one. */
export interface Row {
  /** Unique in its tree, and the same for the same thing over reloads: the editor keeps expansion and selection by it. */
  readonly id: string;
  readonly label: string;
  readonly description: string | undefined;
  readonly icon: Icon;
  /** What menus go by: a kind, then each action that is possible now: `domain.migrating.out+setSpeed+pause`. */
  readonly contextValue: string;
  /** Paragraphs of plain text, set as text. */
  readonly tooltip: readonly string[];
  readonly children: 'none' | 'collapsed' | 'expanded';
  readonly command?: RowCommand;
}

export interface Icon {
  readonly id: string;
  readonly color: string | undefined;
}

export interface RowCommand {
  readonly command: string;
  readonly title: string;
  readonly arguments: readonly unknown[];
}

/** Theme colours, by what they mean here. */
export const colors = {
  good: 'charts.green',
  attention: 'charts.yellow',
  bad: 'charts.red',
  moving: 'charts.blue',
  dim: 'disabledForeground',
} as const;

/** Names may hold any character, so that an id is a list and not names joined by one. */
export function rowId(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
