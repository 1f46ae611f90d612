import type { Locator } from 'playwright-core';
import type { Stage } from '../stage.js';
import type { PageElement } from './element.js';
import { type Label, matches } from './label.js';

export interface QuickInputRow {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
}

export interface QuickInputState {
  readonly title: string;
  readonly placeholder: string;
  readonly value: string;
  /** The prompt, or what is wrong with the value. */
  readonly message: string;
  /** Whether the message says that the value is refused. */
  readonly isError: boolean;
  readonly rows: readonly QuickInputRow[];
}

/** The input at the top of the window: the command palette, pick lists and input boxes. */
export class QuickInput {
  private readonly widget: Locator;
  private readonly input: Locator;
  private readonly rows: Locator;

  constructor(private readonly stage: Stage) {
    this.widget = stage.page.locator('.quick-input-widget:visible');
    this.input = this.widget.locator('.quick-input-box input');
    this.rows = this.widget.locator('.quick-input-list .monaco-list-row');
  }

  /** Runs a command by its full title in the palette, `Libvirt: Set Speed...`. Resolves when the palette is gone. */
  runCommand(title: string): Promise<void> {
    return this.stage.act(`Running "${title}"`, async () => {
      const { page } = this.stage;
      const query = `>${title}`;
      const row = await this.stage.until(
        `"${title}" in the command palette`,
        async () => {
          // An extension that starts may add commands after the list was made, so ask for it anew.
          if (!(await this.isPalette())) await page.keyboard.press('F1');
          await this.input.waitFor({ timeout: 3000 });
          await this.input.fill('>');
          await this.input.fill(query);
          return this.findRow(title, 1500);
        },
        30_000,
      );
      await row.click();
      await this.stage.until('the command palette to go', async () => !(await this.isPalette()));
    });
  }

  /** What is open now, without waiting; undefined when nothing is. */
  async current(): Promise<QuickInputState | undefined> {
    const widgets = await this.widget.evaluateAll((elements: PageElement[]) =>
      elements.map((widget) => ({
        title: widget.querySelector('.quick-input-title')?.textContent ?? '',
        placeholder: widget.querySelector('.quick-input-box input')?.getAttribute('placeholder') ?? '',
        message: widget.querySelector('.quick-input-message')?.textContent ?? '',
        isError: widget.querySelector('.quick-input-box .monaco-inputbox.error') !== null,
        rows: Array.from(widget.querySelectorAll('.quick-input-list .monaco-list-row'), (row) => ({
          label: row.querySelector('.quick-input-list-label .label-name')?.textContent ?? '',
          description: row.querySelector('.quick-input-list-label .label-description')?.textContent ?? '',
          detail: row.querySelector('.quick-input-list-label-meta')?.textContent ?? '',
        })),
      })),
    );
    const state = widgets[0];
    if (state === undefined) return undefined;
    const value = await this.input.inputValue({ timeout: 1000 }).catch(() => '');
    return { ...state, value };
  }

  /** Waits until something is open that this holds of. */
  waitFor(
    what = 'a quick input',
    holds: (state: QuickInputState) => boolean = () => true,
    timeoutMs?: number,
  ): Promise<QuickInputState> {
    const look = async (): Promise<QuickInputState | false> => {
      const state = await this.current();
      return state !== undefined && holds(state) && state;
    };
    return this.stage.until(what, look, timeoutMs);
  }

  /** Waits until nothing is open. */
  waitForNone(): Promise<true> {
    return this.stage.until('the quick input to close', async () => (await this.widget.count()) === 0);
  }

  /** Replaces the value. */
  type(text: string): Promise<void> {
    return this.stage.act(`Typing "${text}"`, () => this.input.fill(text));
  }

  /** Picks the entry of this label in a pick list. */
  pick(label: Label): Promise<void> {
    return this.stage.act(`Picking "${String(label)}"`, async () => {
      const row = await this.stage.until(`an entry "${String(label)}"`, () => this.findRow(label, 1000));
      await row.click();
    });
  }

  accept(): Promise<void> {
    return this.stage.act('Accepting the quick input', () => this.input.press('Enter'));
  }

  async escape(): Promise<void> {
    await this.stage.act('Leaving the quick input', async () => {
      await this.input.press('Escape');
      await this.waitForNone();
    });
  }

  private async isPalette(): Promise<boolean> {
    const state = await this.current();
    return state?.value.startsWith('>') === true && state.title === '';
  }

  private async findRow(label: Label, timeoutMs: number): Promise<Locator | undefined> {
    const deadline = performance.now() + timeoutMs;
    do {
      const labels = this.rows.locator('.quick-input-list-label .label-name');
      const texts = await labels.allTextContents();
      const index = texts.findIndex((text) => matches(label, plain(text)));
      if (index >= 0) return labels.nth(index);
    } while (performance.now() < deadline);
    return undefined;
  }
}

/** Rows are drawn with spaces that don't break. */
function plain(text: string): string {
  return text.replaceAll('\u00a0', ' ').trim();
}
