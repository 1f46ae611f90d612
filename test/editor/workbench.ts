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
import { pageTimeoutMs, Stage } from './stage.js';
import { stagedExtension } from './stagedExtension.js';
import { VsCodeServer } from './vscodeServer.js';

/** The editor's own themes, and the class by which the page says which kind is on. */
const themes = {
  dark: { name: 'Default Dark Modern', pageClass: 'vs-dark' },
  light: { name: 'Default Light Modern', pageClass: 'vs' },
  'hc-dark': { name: 'Default High Contrast', pageClass: 'hc-black' },
  'hc-light': { name: 'Default High Contrast Light', pageClass: 'hc-light' },
} as const;

export type Theme = keyof typeof themes;
export const allThemes = Object.keys(themes) as Theme[];

/** An entry of keybindings.json. */
export interface Keybinding {
  readonly key: string;
  readonly command: string;
  readonly args?: unknown;
}

export interface WorkbenchOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: Theme;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** For the extension host, HOME among them: an empty folder unless given. */
  readonly env?: Readonly<Record<string, string>>;
  /** Puts into the extension's global storage what earlier windows have left. */
  readonly fillStorage?: (storage: string) => Promise<void>;
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
    const { theme = 'dark', settings = {}, env, fillStorage } = options;
    const server = await VsCodeServer.start({ settings: withTheme(settings, theme), env, fillStorage });
    let browser: Browser | undefined;
    try {
      browser = await launchBrowser();
      const workbench = new Workbench(server, browser, await newPage(browser, options), settings, theme);
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
  private address = '';
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
      await this.stage.until('its header', async () => {
        if (await header.isVisible()) return true;
        // A click on the one that is open, but not drawn yet, would close it.
        if ((await action.and(this.page.locator('.checked')).count()) === 0) await action.first().click();
        return false;
      });
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

  /** Writes the user's keybindings as a user does, in their file. */
  setKeybindings(bindings: readonly Keybinding[]): Promise<void> {
    return this.writeJson('Preferences: Open Keyboard Shortcuts (JSON)', 'keybindings.json', bindings);
  }

  /** Changes the user's settings as a user does, in their file: what is not named stays as it is there. */
  async editSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    const now = { ...(await this.server.readSettings()), ...settings };
    await this.writeJson('Preferences: Open User Settings (JSON)', 'settings.json', now);
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
  /** `awayMs`: for how long the window is gone at least; a machine that is slow takes longer by itself. */
  reload(awayMs = 0): Promise<void> {
    return this.stage.act('Reloading the window', async () => {
      const isPage = ({ pathname }: URL): boolean => pathname === new URL(this.address).pathname;
      await this.page.route(isPage, async (route) => {
        await new Promise((resolve) => setTimeout(resolve, awayMs));
        await route.continue();
      });
      const reloaded = this.page.waitForEvent('load', { timeout: startTimeoutMs });
      await Promise.all([reloaded, this.quickInput.runCommand('Developer: Reload Window')]);
      await this.page.unroute(isPage);
      await this.loaded();
    });
  }

  /** One more window of the same editor: with its settings and what it has stored, and an extension host of its own. */
  async another(): Promise<Workbench> {
    const { server, browser, settings, theme, address } = this;
    const other = new Workbench(server, browser, await newPage(browser, {}), settings, theme);
    other.address = address;
    await other.reopen();
    return other;
  }

  /** Closes the window for good: resolves once its extension host has ended. What it has stored stays, for `reopen`. */
  closeWindow(otherWindows = 0): Promise<void> {
    return this.stage.act('Closing the window', async () => {
      await this.page.goto('about:blank');
      await this.stage.until(
        'the extension host to end',
        async () => (await this.server.extensionHosts()).length === otherWindows,
        startTimeoutMs,
      );
    });
  }

  /** Opens a new window on what the closed one has left. */
  async reopen(): Promise<void> {
    await this.page.goto(this.address);
    await this.loaded();
  }

  /** The files that the editor has written, settings, state, logs and all, that hold a text as it is. */
  filesWith(text: string): Promise<string[]> {
    return this.server.filesWith(text);
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path, animations: 'disabled' });
  }

  /** Ends the browser and the server, and removes their files. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  private writeJson(command: string, file: string, content: unknown): Promise<void> {
    return this.stage.act(`Writing ${file}`, async () => {
      await this.runCommand(command);
      await this.editors.waitForTab(file);
      const editor = this.page.locator('.editor-instance .monaco-editor').first();
      await editor.locator('.view-line').first().click();
      await this.page.keyboard.press('ControlOrMeta+A');
      await this.page.keyboard.insertText(JSON.stringify(content));
      // The editor closes what it takes for open brackets and quotes: that stands after the cursor.
      await this.page.keyboard.press('ControlOrMeta+Shift+End');
      await this.page.keyboard.press('Delete');
      await this.page.keyboard.press('ControlOrMeta+S');
      await this.page.locator('.tabs-container .tab:not(.dirty)', { hasText: file }).waitFor();
      await this.runCommand('View: Close All Editors');
    });
  }

  private async load({ folder = this.server.workspace, extension, suite }: WorkbenchOptions): Promise<void> {
    await this.page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
      this.console.push(`suite ${type}: ${args.map(String).join(' ')}`);
    });
    await this.page.exposeFunction('codeAutomationExit', (code: number) => this.suiteEnded(code));
    this.address = this.server.address({ folder, extension: extension ?? (await stagedExtension()), suite });
    await this.page.goto(this.address);
    await this.loaded();
  }

  private loaded(): Promise<void> {
    return this.stage.act('Loading the workbench', async () => {
      await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: startTimeoutMs });
      await this.page.locator(`.monaco-workbench.${themes[this.theme].pageClass}`).waitFor();
    });
  }
}

async function newPage(browser: Browser, { width = 1600, height = 900 }: WorkbenchOptions): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(pageTimeoutMs);
  return page;
}

function withTheme(settings: Readonly<Record<string, unknown>>, theme: Theme): Record<string, unknown> {
  return { ...settings, 'workbench.colorTheme': themes[theme].name };
}
