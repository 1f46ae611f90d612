import type { FrameLocator } from 'playwright-core';
import { type MigrationOption, migrationOptions } from '../../src/migration/start/options.js';
import { watchText } from './firstSight.js';
import { longMs, type Scene } from './scene.js';

/** What is filled in, by the options' keys: a tick, a text or one of several choices, or all that is ticked of a set. */
export type Filled = Readonly<Partial<Record<MigrationOption['key'], boolean | string | readonly string[]>>>;

/** The form "Migrate web-1" in the window, as somebody fills it in. */
export class FormPage {
  /** Opened by the guest's menu in the tree, which offers it once the guest is seen to run. */
  static async open(scene: Scene, guest: string): Promise<FormPage> {
    await scene.hosts.waitForItem(guest, ({ description }) => description.startsWith('running'), longMs);
    await scene.hosts.pickFromMenu(guest, 'Migrate…');
    return FormPage.opened(scene, guest);
  }

  /** The one that something else has opened. */
  static async opened(scene: Scene, guest: string): Promise<FormPage> {
    await scene.workbench.editors.waitForTab(`Migrate ${guest}`);
    const page = scene.workbench.editors.webview();
    const name = page.locator('#domain-name', { hasText: guest });
    await scene.workbench.until(`the form of ${guest}`, () => name.isVisible());
    return new FormPage(scene, page);
  }

  private constructor(
    private readonly scene: Scene,
    readonly page: FrameLocator,
  ) {}

  /** Chooses a host and waits for the way to it, and for the pre-flight. */
  async goTo(host: string): Promise<void> {
    await this.page.locator('#field-destination').selectOption(`host ${host}`);
    await this.untilLookedAt();
  }

  async untilLookedAt(): Promise<void> {
    await this.page.locator('#preflight[aria-busy="false"] #expectation').waitFor({ timeout: longMs });
  }

  /** Has both hosts looked at anew. */
  async lookAgain(): Promise<void> {
    await this.untilLookedAt();
    const summary = await watchText(this.page.locator('#preflight-summary'), /Looking at both hosts/);
    await this.page.locator('#check').click();
    await summary.untilSaid();
    await this.untilLookedAt();
  }

  /** How each line of the pre-flight that did not pass is, and why: `cpu failed: hv2 can't give ...`. */
  async trouble(): Promise<readonly string[]> {
    const rows = await this.page.locator('#checks [data-check]:not([data-verdict="passed"])').all();
    return Promise.all(
      rows.map(async (row) => {
        const [id, verdict] = await Promise.all(['data-check', 'data-verdict'].map((name) => row.getAttribute(name)));
        return `${id ?? ''} ${verdict ?? ''}: ${(await row.innerText()).replace(/\s+/g, ' ')}`;
      }),
    );
  }

  /** Takes the preset without any help, and waits until it is there: it is worked out outside the page, and replaces what is chosen. */
  async takePlain(): Promise<void> {
    await this.page.locator('#field-preset').selectOption('preset Plain');
    await this.untilLine((line) => line.includes(' migrate ') && !line.includes('--auto-converge'));
  }

  async type(field: string, text: string): Promise<void> {
    await this.page.locator(`#field-${field}`).fill(text);
  }

  async check(field: string): Promise<void> {
    await this.page.locator(`#field-${field}`).check();
  }

  /** Fills in fields in this order, since one may show another. */
  async fill(filled: Filled): Promise<void> {
    for (const [key, value] of Object.entries(filled)) {
      const field = this.page.locator(`#field-${key}`);
      if (typeof value === 'boolean') await field.setChecked(value);
      else if (typeof value !== 'string') for (const member of value) await this.check(`${key}-${member}`);
      else if (migrationOptions.find((option) => option.key === key)?.kind === 'choice')
        await field.selectOption(value);
      else await field.fill(value);
    }
  }

  value(field: string): Promise<string> {
    return this.page.locator(`#field-${field}`).inputValue();
  }

  async has(field: string): Promise<boolean> {
    return (await this.page.locator(`#field-${field}`).count()) > 0;
  }

  /** What is wrong with a field; the empty string when nothing is. */
  async problem(field: string): Promise<string> {
    const problem = this.page.locator(`#field-${field}-problem`);
    return (await problem.isVisible()) ? problem.innerText() : '';
  }

  /** Waits for a line that this holds of: what is typed is worked out outside the page. */
  untilLine(holds: (line: string) => boolean): Promise<string> {
    return this.scene.workbench.until('the line', async () => {
      const line = this.page.locator('#line');
      const text = (await line.isVisible()) ? ((await line.textContent()) ?? '') : '';
      return holds(text) ? text || 'none' : undefined;
    });
  }

  async close(): Promise<void> {
    const tab = (await this.scene.workbench.editors.activeTab()) ?? '';
    await this.page.locator('#cancel').click();
    await this.scene.workbench.until(
      'the form to be closed',
      async () => !(await this.scene.workbench.editors.tabs()).includes(tab),
    );
  }

  /** Presses Migrate once it can be pressed. */
  async migrate(): Promise<void> {
    await this.page.locator('#migrate[aria-disabled="false"]').click();
  }
}
