import type { FromPanel } from '../protocol.js';

/** What the editor keeps of a page that it throws away: enough for the extension to find the migration again. */
export interface PanelState {
  readonly migrationId: string;
  /** Where the reader was. */
  readonly scroll: number;
}

interface VsCodeApi {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: PanelState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The extension, seen from the page. */
export interface Host {
  post(message: FromPanel): void;
  state(): PanelState | undefined;
  keep(state: PanelState): void;
}

/** The editor hands its API out once a page load. */
export function acquireHost(): Host {
  const api = acquireVsCodeApi();
  return {
    post: (message) => api.postMessage(message),
    state: () => {
      const state = api.getState();
      if (typeof state !== 'object' || state === null) return undefined;
      const { migrationId, scroll } = state as Partial<Record<keyof PanelState, unknown>>;
      if (typeof migrationId !== 'string') return undefined;
      return { migrationId, scroll: typeof scroll === 'number' ? scroll : 0 };
    },
    keep: (state) => api.setState(state),
  };
}
