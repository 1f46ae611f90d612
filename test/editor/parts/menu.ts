import type { Locator } from 'playwright-core';
import type { Stage } from '../stage.js';
import { until } from '../waiting.js';
import { exactly } from './label.js';

/** The context menu that is open. In a browser the workbench draws it itself, in a shadow root of its own. */
export class Menu {
  private readonly menu: Locator;

  constructor(private readonly stage: Stage) {
    this.menu = stage.page.locator('.monaco-menu:visible');
  }

  /** The labels of the entries that can be picked. */
  entries(): Promise<string[]> {
    return this.stage.act('Reading the menu', async () => {
      await this.menu.first().waitFor();
      return this.menu.locator('.action-item:not(.disabled) .action-label:not(.separator)').allTextContents();
    });
  }

  pick(entry: string): Promise<void> {
    return this.stage.act(`Picking "${entry}" in the menu`, async () => {
      const label = this.menu.locator('.action-item:not(.disabled) .action-label', { hasText: exactly(entry) });
      let clicked = false;
      // A menu takes no click in its first moments.
      await until(`"${entry}" to be taken`, async () => {
        if (clicked && (await this.menu.count()) === 0) return true;
        await label.first().click({ timeout: 1000 });
        clicked = true;
        await this.menu.first().waitFor({ state: 'hidden', timeout: 1000 });
        return true;
      });
    });
  }

  close(): Promise<void> {
    return this.stage.act('Closing the menu', async () => {
      await this.stage.page.keyboard.press('Escape');
      await this.menu.first().waitFor({ state: 'hidden' });
    });
  }
}
