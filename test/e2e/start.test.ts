import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../editor/browser.js';
import { until } from '../editor/waiting.js';
import { repository } from '../run/machine.mjs';

const limitMs = 180_000;

/** `npm start` as somebody runs it who has no desktop, with a temporary folder of its own so that what it leaves is seen. */
class Start {
  readonly folder = mkdtempSync(join(tmpdir(), 'libvirt-start-'));
  output = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private running = true;

  constructor() {
    const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: this.folder };
    delete env['DISPLAY'];
    delete env['WAYLAND_DISPLAY'];
    this.child = spawn('npm', ['start'], {
      cwd: repository,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const keep = (chunk: Buffer): void => void (this.output += chunk.toString());
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
    void this.ended.then(() => (this.running = false));
  }

  untilSaid(text: string): Promise<true> {
    return until(
      `"${text}"`,
      () => {
        if (this.output.includes(text)) return true;
        if (!this.running) throw new Error(`npm start has ended:\n${this.output}`);
        return false;
      },
      limitMs,
    );
  }

  /** A terminal signals the whole group, somebody else only npm. */
  async end(signal: NodeJS.Signals, to: 'group' | 'npm'): Promise<void> {
    const { pid } = this.child;
    if (pid !== undefined && this.running) process.kill(to === 'group' ? -pid : pid, signal);
    await this.ended;
  }

  /** Namespaces, folders and processes of it that are still there. */
  left(): string[] {
    const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
    return [
      ...namespaces.filter((line) => line.startsWith('llm-')),
      ...readdirSync(this.folder).filter((name) => name.startsWith('libvirt')),
      ...readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && this.owns(pid)),
    ];
  }

  private owns(pid: string): boolean {
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(this.folder));
    } catch {
      // It has ended meanwhile.
      return false;
    }
  }
}

describe('npm start', () => {
  let start: Start;

  beforeEach(() => void (start = new Start()));
  afterEach(async () => {
    await start.end('SIGINT', 'group');
    rmSync(start.folder, { recursive: true, force: true });
  });

  it('shows a stuck migration in VS Code at the address it prints, and Ctrl-C takes all of it down', async () => {
    await start.untilSaid('Ready.');
    const address = /Open (http:\/\/127\.0\.0\.1:\d+\/\S+)/.exec(start.output)?.[1] ?? '';
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(address);
      await page.locator('.activitybar .action-label[aria-label^="Libvirt"]').click({ timeout: limitMs });
      const migration = page.locator('.monaco-list-row', { hasText: 'shop-db → hv2' });
      await migration.filter({ hasText: /iteration \d+/ }).waitFor({ timeout: limitMs });
    } finally {
      await browser.close();
    }
    await start.end('SIGINT', 'group');
    expect(start.output).toMatch(/Down\.\s*$/);
    expect(start.left()).toEqual([]);
  });

  it('is taken down whole while it still comes up, by a signal to npm alone', async () => {
    await start.untilSaid('Waiting for the guest');
    await start.end('SIGTERM', 'npm');
    await until('nothing to be left', () => start.left().length === 0).catch(() => undefined);
    expect(start.left()).toEqual([]);
  });
});
