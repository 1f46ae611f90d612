import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vscodeServer } from '../run/machine.mjs';
import { storageVariable } from './left.js';
import { until } from './waiting.js';

const tether = fileURLToPath(new URL('./tether.mjs', import.meta.url));
const startTimeoutMs = 60_000;

/** What the server and the extension host get of this process's environment; anything else is given on purpose. */
const inheritedVariables = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME'];

const extensionId = 'libvirt-live-migration.libvirt-live-migration';

/** Quiet: nothing of the editor's own is on the screen, and nothing asks. */
const quietSettings: Record<string, unknown> = {
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  // Rows that stay at a list's top lie above others and take their clicks.
  'workbench.tree.enableStickyScroll': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.commandCenter.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'extensions.autoCheckUpdates': false,
  'update.mode': 'none',
  'git.enabled': false,
  'editor.accessibilitySupport': 'off',
  // What is typed is what stands there.
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'files.simpleDialog.enable': true,
};

export interface VsCodeServerOptions {
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** Reaches the extension host too. HOME is an empty folder unless given. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Puts into the extension's global storage what earlier windows have left. */
  readonly fillStorage?: ((storage: string) => Promise<void>) | undefined;
}

/** What a page is opened with. Paths are absolute. */
export interface PageOptions {
  readonly folder: string;
  readonly extension: string;
  /** A suite for the extension host, which ends the session. */
  readonly suite?: string | undefined;
}

/** A VS Code server on a free port of the loopback, with a data folder of its own that goes when it stops. */
export class VsCodeServer {
  static async start(options: VsCodeServerOptions = {}): Promise<VsCodeServer> {
    const root = await mkdtemp(join(tmpdir(), 'libvirt-vscode-'));
    const [home, temporary, workspace] = [join(root, 'home'), join(root, 'tmp'), join(root, 'workspace')];
    for (const folder of [home, temporary, workspace]) await mkdir(folder);
    const inherited = inheritedVariables.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const storage = join(root, 'data', 'User', 'globalStorage', extensionId);
    const own = { HOME: home, TMPDIR: temporary, [storageVariable]: storage };
    const env = { ...Object.fromEntries(inherited), ...own, ...options.env };
    await writeSettings(root, options.settings ?? {});
    await options.fillStorage?.(storage);
    const args = [
      join(vscodeServer, 'out', 'server-main.js'),
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
      ...['--server-data-dir', root, '--extensions-dir', join(root, 'extensions'), '--telemetry-level', 'off'],
    ];
    // The tether must live where the folder that it removes is not its own.
    const child = spawn(process.execPath, [tether, root, process.execPath, ...args], {
      cwd: dirname(root),
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const server = new VsCodeServer(root, workspace, child);
    try {
      await until('the VS Code server to listen', () => server.port !== 0 || server.failIfEnded(), startTimeoutMs);
    } catch (error) {
      await server.stop();
      throw new Error(`${String(error)}\n${server.log}`, { cause: error });
    }
    return server;
  }

  /** What the server printed. */
  log = '';
  private port = 0;
  private ended = false;
  private readonly exit: Promise<void>;

  private constructor(
    private readonly root: string,
    /** An empty folder to open. */
    readonly workspace: string,
    private readonly child: ChildProcess,
  ) {
    const keep = (chunk: Buffer): void => {
      this.log += chunk.toString();
      this.port ||= Number(/listening on (\d+)/.exec(this.log)?.[1] ?? 0);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.exit = new Promise((resolve) => {
      child.once('close', () => {
        this.ended = true;
        resolve();
      });
    });
  }

  /** The files of the editor's, settings, state, logs and all, that hold a text as it is. */
  async filesWith(text: string): Promise<string[]> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const forms = [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')];
    const holds = await Promise.all(
      paths.map(async (path) => {
        // One that the editor has removed meanwhile holds nothing any more.
        const content = await readFile(path).catch(() => Buffer.alloc(0));
        return forms.some((form) => content.includes(form));
      }),
    );
    return paths.filter((_, index) => holds[index]);
  }

  /** The address that opens the workbench on a folder, with an extension in development. */
  address({ folder, extension, suite }: PageOptions): string {
    const authority = `127.0.0.1:${this.port}`;
    const remote = (path: string): string => `vscode-remote://${authority}${path}`;
    const payload = [
      ['skipWelcome', 'true'],
      ['extensionDevelopmentPath', remote(extension)],
      ...(suite === undefined ? [] : [['extensionTestsPath', remote(suite)]]),
    ];
    const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
    return `http://${authority}/?${query.toString()}`;
  }

  /** Replaces the user's settings; a running window takes them over at once. */
  writeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    return writeSettings(this.root, settings);
  }

  /** The user's settings as the editor keeps them. */
  async readSettings(): Promise<Record<string, unknown>> {
    const text = await readFile(join(this.root, 'data', 'User', 'settings.json'), 'utf8');
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** All log files of the extension hosts whose path matches, joined: an output channel is one of them. */
  async readLogs(path: RegExp): Promise<string> {
    const logs = join(this.root, 'data', 'logs');
    const files = await readdir(logs, { recursive: true }).catch(() => []);
    const wanted = files.filter((file) => path.test(`/${file}`)).sort();
    const texts = await Promise.all(wanted.map((file) => readFile(join(logs, file), 'utf8').catch(() => '')));
    return texts.join('');
  }

  /** The processes of its extension hosts: one for each window that is open, or may come back. */
  async extensionHosts(): Promise<readonly number[]> {
    const { pid } = this.child;
    return pid === undefined ? [] : descendantsOf(pid, /--type=extensionHost/);
  }

  /** Resolves when its processes and its files are gone. */
  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.exit;
  }

  private failIfEnded(): false {
    if (this.ended) throw new Error('it ended');
    return false;
  }
}

/** The processes under one, however deep, whose command line matches. */
async function descendantsOf(pid: number, commandLine: RegExp): Promise<readonly number[]> {
  const read = (file: string): Promise<string> => readFile(`/proc/${file}`, 'utf8').catch(() => '');
  const children = (await read(`${pid}/task/${pid}/children`)).split(' ').map(Number).filter(Boolean);
  const below = await Promise.all(
    children.map(async (child) => {
      const own = commandLine.test(await read(`${child}/cmdline`)) ? [child] : [];
      return [...own, ...(await descendantsOf(child, commandLine))];
    }),
  );
  return below.flat();
}

async function writeSettings(root: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const all = { ...quietSettings, ...settings };
  // A setting's scope decides which of the two counts. The extension's own are the user's: written to the machine's as
  // well, an update by the extension would go there, where an application's setting is never read.
  const machine = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('libvirt.')));
  for (const [folder, content] of [
    ['Machine', machine],
    ['User', all],
  ] as const) {
    await mkdir(join(root, 'data', folder), { recursive: true });
    await writeFile(join(root, 'data', folder, 'settings.json'), JSON.stringify(content, undefined, 2));
  }
}
