import type { Locator } from 'playwright-core';
import type { Stage } from '../stage.js';
import type { PageElement } from './element.js';
import { escapeRegExp, exactly, type Label, matches } from './label.js';
import { until } from '../waiting.js';
import type { Menu } from './menu.js';

export interface TreeItem {
  readonly label: string;
  readonly description: string;
  /** A codicon's name (`vm-running`), an image's address, or nothing. */
  readonly icon: string;
  /** The icon's color as it is drawn. */
  readonly iconColor: string;
  readonly ariaLabel: string;
  /** 1 for what hangs on the root. */
  readonly level: number;
  /** Undefined where there is nothing to expand. */
  readonly expanded: boolean | undefined;
  readonly selected: boolean;
}

/** One try at a row that may have moved in the meantime. */
const quick = { timeout: 3000 };

/** A view that shows a tree, by the name in its header. Its section is opened when something is wanted of it. */
export class Tree {
  private readonly pane: Locator;
  private readonly list: Locator;
  private readonly rows: Locator;

  constructor(
    private readonly stage: Stage,
    private readonly menu: Menu,
    private readonly view: string,
  ) {
    // A container with a single view shows both names in one header.
    const name = new RegExp(`^(.+: )?${escapeRegExp(view)}$`, 'i');
    const { page } = stage;
    const header = page.locator('.pane-header .title').filter({ hasText: name });
    this.pane = page.locator('.pane:visible').filter({ has: header });
    this.list = this.pane.locator('.monaco-list').first();
    this.rows = this.pane.locator('.monaco-list-rows > .monaco-list-row');
  }

  /** All rows from top to bottom, those out of sight too. Empty while the view shows its welcome text. */
  items(): Promise<TreeItem[]> {
    return this.stage.act(`Reading ${this.view}`, async () => {
      await this.open();
      const found = new Map<number, TreeItem>();
      await this.scan((items) => {
        for (const [index, item] of items) found.set(index, item);
        return undefined;
      });
      return [...found].sort(([a], [b]) => a - b).map(([, item]) => item);
    });
  }

  /** Waits for a row that this holds of. */
  waitForItem(label: Label, holds: (item: TreeItem) => boolean = () => true, timeoutMs?: number): Promise<TreeItem> {
    return this.stage.until(
      `"${String(label)}" in ${this.view}`,
      async () => (await this.items()).find((item) => matches(label, item.label) && holds(item)),
      timeoutMs,
    );
  }

  expand(label: Label): Promise<void> {
    return this.setExpanded(label, true);
  }

  collapse(label: Label): Promise<void> {
    return this.setExpanded(label, false);
  }

  click(label: Label): Promise<void> {
    return this.stage.act(`Clicking "${String(label)}"`, () => this.onRow(label, (row) => row.click(quick)));
  }

  /** The entries of a row's context menu. */
  menuEntries(label: Label): Promise<string[]> {
    return this.stage.act(`The menu of "${String(label)}"`, async () => {
      await this.onRow(label, (row) => row.click({ button: 'right', ...quick }));
      const entries = await this.menu.entries();
      await this.menu.close();
      return entries;
    });
  }

  pickFromMenu(label: Label, entry: string): Promise<void> {
    return this.stage.act(`"${entry}" of "${String(label)}"`, async () => {
      await this.onRow(label, (row) => row.click({ button: 'right', ...quick }));
      await this.menu.pick(entry);
    });
  }

  /** Drags a row onto another and lets it go there. Both must be in sight. */
  drag(label: Label, onto: Label): Promise<void> {
    return this.stage.act(`Dragging "${String(label)}" onto "${String(onto)}"`, async () => {
      await this.open();
      const rowOf = (name: Label): Locator =>
        this.rows.filter({ has: this.stage.page.locator('.label-name').filter({ hasText: exactly(name) }) }).first();
      await rowOf(label).dragTo(rowOf(onto));
    });
  }

  /** Clicks a button that a row shows under the pointer. */
  inlineAction(label: Label, title: string): Promise<void> {
    return this.stage.act(`The button "${title}" of "${String(label)}"`, () =>
      this.onRow(label, async (row) => {
        await row.hover(quick);
        await row.locator(`.actions .action-label[aria-label="${title}"]`).click(quick);
      }),
    );
  }

  /** Clicks a button in the view's header. */
  titleAction(title: string): Promise<void> {
    return this.stage.act(`The button "${title}" of ${this.view}`, async () => {
      await this.open();
      await this.pane.locator('.pane-header').hover();
      await this.pane.locator(`.pane-header .actions .action-label[aria-label="${title}"]`).click();
    });
  }

  /** What an empty view says instead of rows; the empty string when it says nothing. */
  welcomeText(): Promise<string> {
    return this.stage.act(`The welcome text of ${this.view}`, async () => {
      await this.open();
      const welcome = this.pane.locator('.welcome-view-content:visible');
      return (await welcome.allInnerTexts()).join('\n').trim();
    });
  }

  clickWelcomeButton(label: Label): Promise<void> {
    return this.stage.act(`The button "${String(label)}" of ${this.view}`, async () => {
      await this.open();
      await this.pane
        .locator('.welcome-view-content .monaco-button')
        .filter({ hasText: exactly(label) })
        .click();
    });
  }

  /** Shows the section's body. */
  private async open(): Promise<void> {
    const header = this.pane.locator('.pane-header');
    await header.waitFor();
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
  }

  private setExpanded(label: Label, expanded: boolean): Promise<void> {
    return this.stage.act(`${expanded ? 'Expanding' : 'Collapsing'} "${String(label)}"`, async () => {
      await this.onRow(label, async (row) => {
        if ((await row.getAttribute('aria-expanded', quick)) === String(expanded)) return;
        await row.locator('.monaco-tl-twistie').click(quick);
      });
      await this.waitForItem(label, (item) => item.expanded === expanded);
    });
  }

  /**
   * Does something to the row of this label, scrolled into sight. Rows move while others come and go: what a row no longer
   * takes is done to the one that has the label then.
   */
  private async onRow(label: Label, act: (row: Locator) => Promise<void>): Promise<void> {
    await this.open();
    const name = this.stage.page.locator('.label-name').filter({ hasText: exactly(label) });
    await until(`"${String(label)}" in ${this.view}`, async () => {
      const index = await this.scan((items) => items.find(([, item]) => matches(label, item.label))?.[0]);
      if (index === undefined) return false;
      const row = this.rows.and(this.stage.page.locator(`[data-index="${index}"]`)).filter({ has: name });
      await act(row);
      return true;
    });
  }

  /** Shows the rows from top to bottom, notch by notch, until `found` finds what it wants. */
  private async scan<T>(found: (items: [number, TreeItem][]) => T | undefined): Promise<T | undefined> {
    const first = found(await this.shownItems());
    const { top, height, total } = await this.scrollState();
    // A list of no height has not been laid out yet.
    if (first !== undefined || total <= height || height === 0) return first;
    for (let at = top; at > 0;) at = await this.scroll(-1);
    for (let at = 0; ;) {
      const result = found(await this.shownItems());
      if (result !== undefined || at + height >= total) return result;
      at = await this.scroll(1);
    }
  }

  /** Turns the wheel by a notch, which the workbench takes for a fixed way whatever its size, and says where that led. */
  private async scroll(direction: 1 | -1): Promise<number> {
    const { top: before } = await this.scrollState();
    const moved = async (): Promise<number | undefined> => {
      const { top } = await this.scrollState();
      return top === before ? undefined : top;
    };
    // A busy window loses a turn now and then.
    return until('the list to scroll', async () => {
      await this.list.hover({ position: { x: 5, y: 5 } });
      await this.stage.page.mouse.wheel(0, direction * 100);
      return until('one turn of the wheel', moved, 1000);
    });
  }

  private async scrollState(): Promise<{ top: number; height: number; total: number }> {
    const states = await this.list.evaluateAll((lists: (PageElement & { clientHeight: number })[]) =>
      lists.map((list) => ({
        height: list.clientHeight,
        top: -Number.parseFloat(list.querySelector('.monaco-list-rows')?.style['top'] ?? '0'),
        total: Number.parseFloat(list.querySelector('.monaco-list-rows')?.style['height'] ?? '0'),
      })),
    );
    return states[0] ?? { top: 0, height: 0, total: 0 };
  }

  private shownItems(): Promise<[number, TreeItem][]> {
    return this.rows.evaluateAll((rows: PageElement[]) =>
      rows.map((row): [number, TreeItem] => {
        const icon = row.querySelector('.custom-view-tree-node-item-icon');
        return [
          Number(row.dataset['index']),
          {
            label: row.querySelector('.monaco-icon-label .label-name')?.textContent ?? '',
            description: row.querySelector('.monaco-icon-label .label-description')?.textContent ?? '',
            icon: /codicon-([\w-]+)/.exec(icon?.className ?? '')?.[1] ?? icon?.style['backgroundImage'] ?? '',
            iconColor: icon?.style['color'] ?? '',
            ariaLabel: row.getAttribute('aria-label') ?? '',
            level: Number(row.getAttribute('aria-level')),
            expanded:
              row.getAttribute('aria-expanded') === null ? undefined : row.getAttribute('aria-expanded') === 'true',
            selected: row.getAttribute('aria-selected') === 'true',
          },
        ];
      }),
    );
  }
}
