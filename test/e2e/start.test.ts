import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
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

  /** `before` are the words before `npm start`. */
  constructor({ before = [], desktop }: { before?: readonly string[]; desktop?: string } = {}) {
    const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: this.folder };
    delete env['DISPLAY'];
    delete env['WAYLAND_DISPLAY'];
    if (desktop !== undefined) {
      const code = join(this.folder, 'bin', 'code');
      mkdirSync(dirname(code));
      writeFileSync(code, desktop, { mode: 0o755 });
      Object.assign(env, { DISPLAY: ':77', PATH: `${dirname(code)}:${process.env['PATH'] ?? ''}` });
    }
    this.child = spawn('env', [...before, 'npm', 'start'], {
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

/** A desktop's VS Code: says how it was started, and is there until its window is closed. */
const desktopCode = `#!/bin/sh
echo $$ > "$TMPDIR/code.pid"
printf '%s\\n' "$@" > "$TMPDIR/code.words"
exec tail -f /dev/null
`;

describe('npm start', () => {
  let start: Start;

  afterEach(async () => {
    await start.end('SIGINT', 'group');
    rmSync(start.folder, { recursive: true, force: true });
  });

  it('shows a stuck migration in VS Code at the address it prints, and Ctrl-C takes all of it down', async () => {
    start = new Start();
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
    await until('its last word', () => /Down\.\s*$/.test(start.output));
    expect(start.left()).toEqual([]);
  });

  it('is taken down whole while it still comes up, by a signal to npm alone', async () => {
    start = new Start();
    await start.untilSaid('Waiting for the guest');
    await start.end('SIGTERM', 'npm');
    await until('nothing to be left', () => start.left().length === 0).catch(() => undefined);
    expect(start.left()).toEqual([]);
  });

  it('opens the desktop’s VS Code where there is one, and takes all of it down when that is closed', async () => {
    start = new Start({ desktop: desktopCode });
    await start.untilSaid('Ready.');
    expect(start.output).not.toContain('Open http');
    // It is started, and says so itself, a moment later.
    const said = join(start.folder, 'code.words');
    await until('the words of code', () => existsSync(said) && readFileSync(said, 'utf8').includes('--wait'));
    const words = readFileSync(said, 'utf8').trim().split('\n');
    const profile = words[words.indexOf('--user-data-dir') + 1] ?? '';
    expect(words).toEqual(expect.arrayContaining(['--wait', '--new-window', join(profile, 'extensions')]));
    // A profile of its own, with the lab's hosts; the user's is left alone.
    expect(dirname(profile)).toBe(start.folder);
    const settings = JSON.parse(readFileSync(join(profile, 'User', 'settings.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(settings['libvirt.hosts']).toMatchObject([{ destination: 'hv1' }, { destination: 'hv2' }]);
    const staged = /^--extensionDevelopmentPath=(.+)$/m.exec(words.join('\n'))?.[1] ?? '';
    expect(readdirSync(staged)).toEqual(expect.arrayContaining(['package.json', 'dist', 'media']));

    process.kill(Number(readFileSync(join(start.folder, 'code.pid'), 'utf8')));
    expect(await start.ended).toBe(0);
    await until('its last word', () => /Down\.\s*$/.test(start.output));
    expect(start.left()).toEqual([]);
  });

  it('says what is missing where the lab can’t run, and leaves nothing', async () => {
    // In a user namespace of its own nobody is root.
    start = new Start({ before: ['unshare', '--user'] });
    expect(await start.ended).toBe(1);
    expect(start.output).toContain('The lab needs root, for its network namespaces: run it with sudo.');
    expect(start.output).not.toContain('Bringing up the lab');
    expect(start.left()).toEqual([]);
  });
});
