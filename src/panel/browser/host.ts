/** What the editor keeps of a page that it throws away: enough for the extension to find again what it showed. */
export interface PageState {
  /** Of the thing shown, by the key that the extension looks for. */
  readonly id: string;
  /** Where the reader was. */
  readonly scroll: number;
}

interface VsCodeApi<Message> {
  postMessage(message: Message): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi<unknown>;

/** The extension, seen from the page. */
export interface Host<Message> {
  post(message: Message): void;
  state(): PageState | undefined;
  keep(state: PageState): void;
}

/** The editor hands its API out once a page load. `key` is what the id is called in the state that is kept, by a page that keeps one. */
export function acquireHost<Message>(key = 'id'): Host<Message> {
  const api = acquireVsCodeApi();
  return {
    post: (message) => api.postMessage(message),
    state: () => {
      const state = api.getState();
      if (typeof state !== 'object' || state === null) return undefined;
      const { [key]: id, scroll } = state as Partial<Record<string, unknown>>;
      if (typeof id !== 'string') return undefined;
      return { id, scroll: typeof scroll === 'number' ? scroll : 0 };
    },
    keep: ({ id, scroll }) => api.setState({ [key]: id, scroll }),
  };
}
