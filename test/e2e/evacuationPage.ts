import type { FrameLocator, Locator } from 'playwright-core';
import type { Guest } from '../lab/lab.js';
import type { Workbench } from '../editor/workbench.js';
import { longMs, type Scene } from './scene.js';

const tab = 'Evacuate hv1';

/** The page "Evacuate hv1" in a window, as somebody reads and steers it. */
export class EvacuationPage {
  /** From the host's menu to the question with the plan; one destination only leaves nothing else to ask. */
  static async ask({ hosts, workbench }: Scene, atOnce: string, preset: string): Promise<void> {
    await hosts.pickFromMenu('hv1', 'Evacuate Host…');
    await EvacuationPage.answer(workbench, atOnce, preset);
  }

  /** The questions after that for the destinations. */
  static async answer(workbench: Workbench, atOnce: string, preset: string): Promise<void> {
    await workbench.quickInput.waitFor('how many', ({ title }) => title === 'Evacuate hv1: How Many at a Time', longMs);
    await workbench.quickInput.pick(atOnce);
    await workbench.quickInput.waitFor('options', ({ title }) => title === 'Evacuate hv1: Options');
    await workbench.quickInput.pick(preset);
  }

  static async opened(workbench: Workbench): Promise<EvacuationPage> {
    await workbench.editors.waitForTab(tab, longMs);
    const page = new EvacuationPage(workbench);
    await page.frame.locator('#host-name', { hasText: 'hv1' }).waitFor({ timeout: longMs });
    return page;
  }

  private constructor(private readonly workbench: Workbench) {}

  get frame(): FrameLocator {
    return this.workbench.editors.webview();
  }

  row(name: string): Locator {
    return this.rows().filter({ has: this.frame.locator('.domain').getByText(name, { exact: true }) });
  }

  async destination(name: string): Promise<string> {
    return this.row(name).locator('.to').innerText();
  }

  async detail(name: string): Promise<string> {
    return this.row(name).locator('.detail').innerText();
  }

  async sentence(): Promise<string> {
    return this.frame.locator('#sentence').innerText();
  }

  async untilStatus(name: string, status: string): Promise<void> {
    await this.row(name)
      .and(this.frame.locator(`[data-status="${status}"]`))
      .waitFor({ timeout: longMs });
  }

  async untilPhase(phase: string): Promise<void> {
    await this.frame.locator('#phase', { hasText: phase }).waitFor({ timeout: longMs });
  }

  async count(status: string): Promise<number> {
    return Number(await this.frame.locator(`#counts [data-count="${status}"] dd`).innerText());
  }

  /** Those that are in a state, by name. */
  async names(status: string): Promise<readonly string[]> {
    const names = await this.rows(`[data-status="${status}"]`).locator('.domain .name').allInnerTexts();
    return names.sort();
  }

  /** Waits until exactly so many are in a state. */
  async untilNames(status: string, count: 1): Promise<readonly [string]>;
  async untilNames(status: string, count: 2): Promise<readonly [string, string]>;
  async untilNames(status: string, count: number): Promise<readonly string[]> {
    return this.workbench.until(
      `${count} ${status}`,
      async () => {
        const names = await this.names(status);
        return names.length === count && names;
      },
      longMs,
    );
  }

  /** Presses the button of one domain. */
  async press(name: string, action: 'skip' | 'retry' | 'redirect' | 'open'): Promise<void> {
    await this.row(name).locator(`button[data-action="${action}"][aria-disabled="false"]`).click({ timeout: longMs });
  }

  /** Presses a button of the whole evacuation. */
  async pressHead(action: 'stopAfterThis' | 'stopAll' | 'resume'): Promise<void> {
    await this.frame
      .locator(`#actions button[data-action="${action}"][aria-disabled="false"]`)
      .click({ timeout: longMs });
  }

  /** What steers anything and can be pressed; a domain's panel may be opened by whoever looks on. */
  async enabledButtons(): Promise<readonly string[]> {
    const buttons = this.frame.locator('button[aria-disabled="false"]:not([data-action="open"])');
    return buttons.allInnerTexts();
  }

  private rows(also = ''): Locator {
    return this.frame.locator(`#domains tbody tr${also}`);
  }
}

/** Lets a guest's migration from hv1, which was started to crawl, finish. */
export async function letFinish({ lab, workbench }: Scene, { name, uuid }: Guest): Promise<void> {
  const hv1 = lab.host('hv1');
  const sendsMemory = async (): Promise<boolean> =>
    (await hv1.virsh(['domjobinfo', uuid])).includes('Memory processed');
  // Before that, the start's own speed is set yet.
  await workbench.until(`memory of ${name}`, sendsMemory, longMs);
  await hv1.virsh(['migrate-setspeed', uuid, '500']);
}
