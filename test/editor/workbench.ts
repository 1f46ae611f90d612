import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './browser.js';
import { Dialog } from './parts/dialog.js';
import { Editors } from './parts/editors.js';
import { Menu } from './parts/menu.js';
import { Notifications } from './parts/notifications.js';
import { Output } from './parts/output.js';
import { QuickInput } from './parts/quickInput.js';
import { StatusBar } from './parts/statusBar.js';
import { Tree } from './parts/tree.js';
import { Stage } from './stage.js';
import { stagedExtension } from './stagedExtension.js';
import { VsCodeServer } from './vscodeServer.js';
import { defaultTimeoutMs } from './waiting.js';

/** The editor's own themes, and the class by which the page says which kind is on. */
const themes = {
  dark: { name: 'Default Dark Modern', pageClass: 'vs-dark' },
  light: { name: 'Default Light Modern', pageClass: 'vs' },
  'hc-dark': { name: 'Default High Contrast', pageClass: 'hc-black' },
  'hc-light': { name: 'Default High Contrast Light', pageClass: 'hc-light' },
} as const;

export type Theme = keyof typeof themes;
export const allThemes = Object.keys(themes) as Theme[];

export interface WorkbenchOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: Theme;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** For the extension host, HOME among them: an empty folder unless given. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder to open: an empty one unless given. */
  readonly folder?: string;
  /** The extension in development: this repository's, as it is shipped, unless given. */
  readonly extension?: string;
  /** A module for the extension host whose `run` is a suite: its end is `suiteExit`. */
  readonly suite?: string;
}

const startTimeoutMs = 60_000;

/** A real VS Code with the extension in it, used as a person uses it: by what is on the screen. */
export class Workbench {
  static async open(options: WorkbenchOptions = {}): Promise<Workbench> {
    const { theme = 'dark', settings = {} } = options;
    const server = await VsCodeServer.start({ settings: withTheme(settings, theme), env: options.env });
    let browser: Browser | undefined;
    try {
      browser = await launchBrowser();
      const viewport = { width: options.width ?? 1600, height: options.height ?? 900 };
      const page = await browser.newPage({ viewport });
      page.setDefaultTimeout(defaultTimeoutMs);
      const workbench = new Workbench(server, browser, page, settings, theme);
      await workbench.load(options);
      return workbench;
    } catch (error) {
      await browser?.close();
      await server.stop();
      throw error;
    }
  }

  readonly quickInput: QuickInput;
  readonly menu: Menu;
  readonly statusBar: StatusBar;
  readonly notifications: Notifications;
  readonly dialog: Dialog;
  readonly output: Output;
  readonly editors: Editors;
  /** The suite's exit code, once it has ended. */
  readonly suiteExit: Promise<number>;
  private readonly stage: Stage;
  private readonly console: string[] = [];
  private suiteEnded: (code: number) => void = () => undefined;

  private constructor(
    private readonly server: VsCodeServer,
    private readonly browser: Browser,
    /** For what has no method here. */
    readonly page: Page,
    private settings: Readonly<Record<string, unknown>>,
    private theme: Theme,
  ) {
    this.stage = new Stage(page, server, this.console);
    this.quickInput = new QuickInput(this.stage);
    this.menu = new Menu(this.stage);
    this.statusBar = new StatusBar(this.stage);
    this.notifications = new Notifications(this.stage, this.quickInput);
    this.dialog = new Dialog(this.stage);
    this.output = new Output(this.stage, this.quickInput);
    this.editors = new Editors(this.stage);
    this.suiteExit = new Promise((resolve) => (this.suiteEnded = resolve));
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`uncaught: ${error.message}`));
  }

  /** Runs a command by its full title in the palette, `Libvirt: Set Speed...`. */
  runCommand(title: string): Promise<void> {
    return this.quickInput.runCommand(title);
  }

  /** Brings a view container of the activity bar to the front. */
  openContainer(title: string): Promise<void> {
    return this.stage.act(`Opening ${title}`, async () => {
      // A badge's text comes after the title.
      const action = this.page.locator(`.activitybar .action-item:has(> .action-label[aria-label^="${title}"])`);
      const header = this.page.locator('.sidebar .composite.title .title-label', {
        hasText: new RegExp(`^${title}`, 'i'),
      });
      await action.first().waitFor();
      if (!(await header.isVisible())) await action.first().click();
      await header.waitFor();
    });
  }

  /** A clean window for the next test: no question, menu, notification or editor is left, whatever the last one left open. */
  clear(): Promise<void> {
    return this.stage.act('Clearing the window', async () => {
      const inTheWay = this.page.locator(
        '.monaco-dialog-box:visible, .quick-input-widget:visible, .monaco-menu:visible',
      );
      await this.stage.until('nothing to be in the way', async () => {
        if ((await inTheWay.count()) === 0) return true;
        await this.page.keyboard.press('Escape');
        return false;
      });
      await this.notifications.clear();
      await this.runCommand('View: Close All Editors');
    });
  }

  /** A view that shows a tree, by the name in its header. */
  tree(view: string): Tree {
    return new Tree(this.stage, this.menu, view);
  }

  /** Waits for a condition of a test's own; keeps a screenshot and the logs when it was in vain. */
  until<T>(
    what: string,
    look: () => Promise<T | undefined | false> | T | undefined | false,
    timeoutMs?: number,
  ): Promise<T> {
    return this.stage.until(what, look, timeoutMs);
  }

  /** Changes settings in the running window; what is not named stays. */
  async setSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    await this.server.writeSettings(withTheme(this.settings, this.theme));
  }

  async setTheme(theme: Theme): Promise<void> {
    this.theme = theme;
    await this.setSettings({});
    await this.stage.act(`The theme ${theme}`, () =>
      this.page.locator(`.monaco-workbench.${themes[theme].pageClass}`).waitFor(),
    );
  }

  async setViewport(width: number, height: number): Promise<void> {
    await this.page.setViewportSize({ width, height });
  }

  /** Reloads the window as its own command does: the extension host ends, and another begins with what was stored. */
  reload(): Promise<void> {
    return this.stage.act('Reloading the window', async () => {
      const reloaded = this.page.waitForEvent('load', { timeout: startTimeoutMs });
      await Promise.all([reloaded, this.quickInput.runCommand('Developer: Reload Window')]);
      await this.loaded();
    });
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path, animations: 'disabled' });
  }

  /** Ends the browser and the server, and removes their files. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  private async load({ folder = this.server.workspace, extension, suite }: WorkbenchOptions): Promise<void> {
    await this.page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
      this.console.push(`suite ${type}: ${args.map(String).join(' ')}`);
    });
    await this.page.exposeFunction('codeAutomationExit', (code: number) => this.suiteEnded(code));
    await this.page.goto(this.server.address({ folder, extension: extension ?? (await stagedExtension()), suite }));
    await this.loaded();
  }

  private loaded(): Promise<void> {
    return this.stage.act('Loading the workbench', async () => {
      await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: startTimeoutMs });
      await this.page.locator(`.monaco-workbench.${themes[this.theme].pageClass}`).waitFor();
    });
  }
}

function withTheme(settings: Readonly<Record<string, unknown>>, theme: Theme): Record<string, unknown> {
  return { ...settings, 'workbench.colorTheme': themes[theme].name };
}
