import { AsyncLocalStorage } from 'node:async_hooks';
import type { Page } from 'playwright-core';
import { saveFailure } from './failure.js';
import type { VsCodeServer } from './vscodeServer.js';
import { until } from './waiting.js';

/**
 * How long a condition of the workbench may take on two busy cores. A page that loads after another was closed while it loaded is
 * held back for half a minute: the browser lets VS Code's next service worker begin once the last has given up what it waits for.
 */
export const pageTimeoutMs = 45_000;

/** What each part of the workbench stands on: the page, the server, and waiting that leaves evidence when it was in vain. */
export class Stage {
  /** Set inside an act: what fails in it is told once, by the outermost. */
  private readonly acting = new AsyncLocalStorage<true>();

  constructor(
    readonly page: Page,
    readonly server: VsCodeServer,
    private readonly console: readonly string[],
  ) {}

  /** Runs one act of a user; when it fails, keeps a screenshot and the logs, and says where. */
  async act<T>(what: string, run: () => Promise<T>): Promise<T> {
    if (this.acting.getStore() === true) return run();
    try {
      return await this.acting.run(true, run);
    } catch (error) {
      const where = await saveFailure(this.page, this.server, this.console, what);
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${what}: ${why}\nSee ${where}.png and .log`, { cause: error });
    }
  }

  /** Waits for a condition: resolves with what `look` finds once it is neither undefined nor false. */
  until<T>(
    what: string,
    look: () => Promise<T | undefined | false> | T | undefined | false,
    timeoutMs = pageTimeoutMs,
  ): Promise<T> {
    return this.act(`Waiting for ${what}`, () => until(what, look, timeoutMs));
  }
}
