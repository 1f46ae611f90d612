import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vscodeServer } from '../run/machine.mjs';
import { until } from './waiting.js';

const tether = fileURLToPath(new URL('./tether.mjs', import.meta.url));
const startTimeoutMs = 60_000;

/** What the server and the extension host get of this process's environment; anything else is given on purpose. */
const inheritedVariables = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'USER', 'LOGNAME'];

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
  'files.simpleDialog.enable': true,
};

export interface VsCodeServerOptions {
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** Reaches the extension host too. HOME is an empty folder unless given. */
  readonly env?: Readonly<Record<string, string>> | undefined;
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
    const env = { ...Object.fromEntries(inherited), HOME: home, TMPDIR: temporary, ...options.env };
    await writeSettings(root, options.settings ?? {});
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

  /** All log files of the extension hosts whose path matches, joined: an output channel is one of them. */
  async readLogs(path: RegExp): Promise<string> {
    const logs = join(this.root, 'data', 'logs');
    const files = await readdir(logs, { recursive: true }).catch(() => []);
    const wanted = files.filter((file) => path.test(`/${file}`)).sort();
    const texts = await Promise.all(wanted.map((file) => readFile(join(logs, file), 'utf8').catch(() => '')));
    return texts.join('');
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
