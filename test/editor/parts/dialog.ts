import type { Locator } from 'playwright-core';
import type { Stage } from '../stage.js';
import { exactly, type Label, matches } from './label.js';

export interface DialogState {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
}

/** The modal question in the middle of the window. */
export class Dialog {
  private readonly box: Locator;

  constructor(private readonly stage: Stage) {
    this.box = stage.page.locator('.monaco-dialog-box:visible');
  }

  /** What it asks, without waiting; undefined when there is none. */
  async current(): Promise<DialogState | undefined> {
    if ((await this.box.count()) === 0) return undefined;
    const text = async (selector: string): Promise<string> =>
      (await this.box.locator(selector).allTextContents()).join(' ').trim();
    const buttons = await this.box.locator('.dialog-buttons .monaco-button').allTextContents();
    return {
      message: await text('.dialog-message-text'),
      detail: await text('.dialog-message-detail'),
      buttons: buttons.map((button) => button.trim()).filter((button) => button !== ''),
    };
  }

  waitFor(message: Label = /./, timeoutMs?: number): Promise<DialogState> {
    const look = async (): Promise<DialogState | false> => {
      const state = await this.current();
      return state !== undefined && matches(message, state.message) && state;
    };
    return this.stage.until(`a dialog "${String(message)}"`, look, timeoutMs);
  }

  /** Answers it. */
  click(button: string): Promise<void> {
    return this.stage.act(`The button "${button}" of the dialog`, async () => {
      const { message, buttons } = await this.waitFor();
      if (!buttons.includes(button)) throw new Error(`it has only "${buttons.join('", "')}"`);
      await this.box
        .locator('.dialog-buttons .monaco-button')
        .filter({ hasText: exactly(button) })
        .click();
      // Another one may come in its place.
      await this.stage.until('the dialog to go', async () => (await this.current())?.message !== message);
    });
  }
}
