import type { Page } from 'playwright-core';
import { saveFailure } from './failure.js';
import type { VsCodeServer } from './vscodeServer.js';
import { until } from './waiting.js';

/** What each part of the workbench stands on: the page, the server, and waiting that leaves evidence when it was in vain. */
export class Stage {
  private readonly told = new WeakSet();

  constructor(
    readonly page: Page,
    readonly server: VsCodeServer,
    private readonly console: readonly string[],
  ) {}

  /** Runs one act of a user; when it fails, keeps a screenshot and the logs, and says where. */
  async act<T>(what: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      // An act within an act is told once.
      if (typeof error === 'object' && error !== null && this.told.has(error)) throw error;
      const where = await saveFailure(this.page, this.server, this.console, what);
      const told = new Error(`${what}: ${error instanceof Error ? error.message : String(error)}\nSee ${where}`);
      this.told.add(told);
      throw told;
    }
  }

  /** Waits for a condition: resolves with what `look` finds once it is neither undefined nor false. */
  until<T>(
    what: string,
    look: () => Promise<T | undefined | false> | T | undefined | false,
    timeoutMs?: number,
  ): Promise<T> {
    return this.act(`Waiting for ${what}`, () => until(what, look, timeoutMs));
  }
}
