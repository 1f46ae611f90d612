import type { FrameLocator } from 'playwright-core';
import type { Stage } from '../stage.js';
import { exactly, type Label } from './label.js';

/** The tabs of the editor area, and the panels in them. */
export class Editors {
  constructor(private readonly stage: Stage) {}

  async tabs(): Promise<string[]> {
    const names = await this.stage.page.locator('.tabs-container .tab .label-name').allTextContents();
    return names.map((name) => name.trim());
  }

  /** The tab in front; undefined when there is none. */
  async activeTab(): Promise<string | undefined> {
    const names = await this.stage.page
      .locator('.editor-group-container.active .tabs-container .tab.active .label-name')
      .allTextContents();
    return names[0]?.trim();
  }

  waitForTab(name: Label, timeoutMs?: number): Promise<void> {
    const tab = this.stage.page.locator('.tabs-container .tab .label-name').filter({ hasText: exactly(name) });
    return this.stage.act(`Waiting for a tab "${String(name)}"`, () =>
      tab.first().waitFor(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    );
  }

  /** Brings a tab to the front. */
  select(name: Label): Promise<void> {
    const tab = this.stage.page.locator('.tabs-container .tab').filter({ hasText: exactly(name) });
    return this.stage.act(`Selecting the tab "${String(name)}"`, () => tab.first().click());
  }

  close(name: Label): Promise<void> {
    return this.stage.act(`Closing the tab "${String(name)}"`, async () => {
      const tab = this.stage.page.locator('.tabs-container .tab').filter({ hasText: exactly(name) });
      await tab.first().hover();
      await tab.first().locator('.tab-actions .codicon-close').click();
    });
  }

  /** The page of the panel that is in sight. */
  webview(): FrameLocator {
    return this.stage.page.frameLocator('iframe.webview.ready:visible').frameLocator('#active-frame');
  }
}
