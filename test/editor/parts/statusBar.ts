import type { Locator } from 'playwright-core';
import type { Stage } from '../stage.js';
import { type Label, matches } from './label.js';

export interface StatusBarItem {
  /** As it reads, without its icons. */
  readonly text: string;
  readonly ariaLabel: string;
  /** The codicons in it. */
  readonly icons: readonly string[];
}

/** The bar at the bottom of the window. */
export class StatusBar {
  private readonly labels: Locator;

  constructor(private readonly stage: Stage) {
    this.labels = stage.page.locator('.statusbar .statusbar-item:visible .statusbar-item-label');
  }

  async items(): Promise<StatusBarItem[]> {
    return (await this.read()).filter((item) => item.text !== '' || item.icons.length > 0);
  }

  /** The item whose text this is, now; undefined when there is none. */
  async find(text: Label): Promise<StatusBarItem | undefined> {
    return (await this.items()).find((item) => matches(text, item.text));
  }

  waitFor(text: Label, timeoutMs?: number): Promise<StatusBarItem> {
    return this.stage.until(`"${String(text)}" in the status bar`, () => this.find(text), timeoutMs);
  }

  click(text: Label): Promise<void> {
    return this.stage.act(`Clicking "${String(text)}" in the status bar`, async () => {
      const index = await this.stage.until(`"${String(text)}" in the status bar`, async () => {
        const found = (await this.read()).findIndex((item) => matches(text, item.text));
        return found >= 0 && found;
      });
      await this.labels.nth(index).click();
    });
  }

  private read(): Promise<StatusBarItem[]> {
    return this.labels.evaluateAll((labels: { textContent: string; innerHTML: string; ariaLabel: string | null }[]) =>
      labels.map((label) => ({
        text: label.textContent.replaceAll('\u00a0', ' ').trim(),
        ariaLabel: label.ariaLabel ?? '',
        icons: Array.from(label.innerHTML.matchAll(/codicon codicon-([\w-]+)/g), (match) => match[1] ?? ''),
      })),
    );
  }
}
