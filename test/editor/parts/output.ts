import type { Stage } from '../stage.js';
import { escapeRegExp } from './label.js';
import type { QuickInput } from './quickInput.js';

/** The output panel and what is behind it. */
export class Output {
  constructor(
    private readonly stage: Stage,
    private readonly quickInput: QuickInput,
  ) {}

  /** Shows a channel, as a user does who wants to read it. */
  show(name: string): Promise<void> {
    return this.stage.act(`Showing the output of ${name}`, async () => {
      await this.quickInput.runCommand('Output: Show Output Channels...');
      await this.quickInput.pick(name);
      await this.stage.page.locator('.output-view-container:visible, .panel .output-view:visible').first().waitFor();
    });
  }

  /** The lines of the output panel that are in sight. */
  async shownLines(): Promise<string[]> {
    const lines = await this.stage.page.locator('.panel .output-view .view-line:visible').allTextContents();
    return lines.map((line) => line.replaceAll('\u00a0', ' '));
  }

  /** All of a channel's text, read from the file behind it: the panel draws only what is in sight. */
  text(name: string): Promise<string> {
    return this.stage.server.readLogs(new RegExp(`/exthost\\d*/.*/(\\d+-)?${escapeRegExp(name)}\\.log$`));
  }

  waitForText(name: string, pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray> {
    return this.stage.until(
      `${String(pattern)} in the output of ${name}`,
      async () => pattern.exec(await this.text(name)) ?? undefined,
      timeoutMs,
    );
  }
}
