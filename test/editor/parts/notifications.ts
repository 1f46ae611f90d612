import type { Locator } from 'playwright-core';
import type { Stage } from '../stage.js';
import type { PageElement } from './element.js';
import { exactly, type Label, matches } from './label.js';
import type { QuickInput } from './quickInput.js';

export interface Notification {
  readonly text: string;
  readonly severity: 'info' | 'warning' | 'error' | 'progress';
  readonly buttons: readonly string[];
}

/** The notifications on the screen. Those without buttons go by themselves after some 15 s. */
export class Notifications {
  private readonly items: Locator;

  constructor(
    private readonly stage: Stage,
    private readonly quickInput: QuickInput,
  ) {
    this.items = stage.page.locator('.notifications-toasts .notification-list-item');
  }

  all(): Promise<Notification[]> {
    return this.items.evaluateAll((items: PageElement[]) =>
      items.map((item): Notification => {
        const icon = item.querySelector('.notification-list-item-icon')?.className ?? '';
        return {
          text: (item.querySelector('.notification-list-item-message')?.textContent ?? '').trim(),
          severity: icon.includes('codicon-error')
            ? 'error'
            : icon.includes('codicon-warning')
              ? 'warning'
              : icon.includes('codicon-info')
                ? 'info'
                : 'progress',
          buttons: Array.from(
            item.querySelectorAll('.notification-list-item-buttons-container .monaco-button'),
            (button) => button.textContent.trim(),
          ).filter((label) => label !== ''),
        };
      }),
    );
  }

  waitFor(text: Label, timeoutMs?: number): Promise<Notification> {
    return this.stage.until(
      `a notification "${String(text)}"`,
      async () => (await this.all()).find((notification) => matches(text, notification.text)),
      timeoutMs,
    );
  }

  /** Clicks a button of a notification, which then goes. */
  click(text: Label, button: string): Promise<void> {
    return this.stage.act(`The button "${button}" of "${String(text)}"`, async () => {
      await this.waitFor(text);
      await this.item(text)
        .locator('.monaco-button')
        .filter({ hasText: exactly(button) })
        .click();
    });
  }

  /** Takes one off the screen, as its cross does. */
  dismiss(text: Label): Promise<void> {
    return this.stage.act(`Dismissing "${String(text)}"`, async () => {
      await this.waitFor(text);
      const item = this.item(text);
      await item.hover();
      await item.locator('.codicon-notifications-clear').click();
      await item.waitFor({ state: 'hidden' });
    });
  }

  /** Takes all of them off the screen. */
  async clear(): Promise<void> {
    await this.stage.act('Clearing the notifications', async () => {
      await this.quickInput.runCommand('Notifications: Clear All Notifications');
      await this.stage.until('no notifications', async () => (await this.items.count()) === 0);
    });
  }

  private item(text: Label): Locator {
    const message = this.stage.page.locator('.notification-list-item-message').filter({ hasText: exactly(text) });
    return this.items.filter({ has: message }).first();
  }
}
