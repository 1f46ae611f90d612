import { randomUUID } from 'node:crypto';
import type { FrameLocator } from 'playwright-core';
import {
  type Guest,
  type GuestPlan,
  type HostName,
  Lab,
  type LabOptions,
  type MigrateOptions,
  type RunningMigrate,
} from '../lab/lab.js';
import { escapeRegExp } from '../editor/parts/label.js';
import type { Tree } from '../editor/parts/tree.js';
import { eventTimeMs } from '../lab/eventTime.js';
import { clearSettled } from '../lab/onePlace.js';
import { Workbench, type WorkbenchOptions } from '../editor/workbench.js';

/** Long enough for one iteration of 200 MiB at 20 MiB/s and some; a wait that takes this long has failed. */
export const longMs = 60_000;

/** A guest whose migration someone else started, and which can't end at 20 MiB/s. */
export interface Stuck {
  readonly guest: Guest;
  readonly migrate: RunningMigrate;
  /** Its last heartbeat on the source when the migration began. */
  readonly beat: number;
  /** When its first memory went out, by the clock that the editor has too: from a watcher of the test's own. */
  readonly firstMemoryAtMs: Promise<number>;
  /** What libvirt itself reports when the job is completed: an event's block, from a watcher of the test's own. */
  readonly completed: Promise<string>;
}

/** The lab, and the real workbench with both hosts in its tree. */
export class Scene {
  static async open(options: WorkbenchOptions = {}, labOptions: LabOptions = {}): Promise<Scene> {
    const lab = await Lab.up(labOptions);
    try {
      const settings = {
        'libvirt.hosts': [
          { name: 'hv1', destination: 'hv1' },
          { name: 'hv2', destination: 'hv2' },
        ],
        'libvirt.ssh.configFile': lab.sshConfig,
        'libvirt.autoConnect': 'all',
        // Most of what is tested here is stuck on purpose, and a notice lies over the panel.
        'libvirt.notify.stuck': false,
        ...options.settings,
      };
      const workbench = await Workbench.open({ ...options, settings });
      await workbench.openContainer('Libvirt');
      return new Scene(lab, workbench, { ...options, settings });
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  readonly hosts: Tree;
  readonly migrations: Tree;

  private constructor(
    readonly lab: Lab,
    readonly workbench: Workbench,
    private readonly options: WorkbenchOptions,
  ) {
    this.hosts = workbench.tree('Hosts');
    this.migrations = workbench.tree('Migrations');
  }

  async untilConnected(): Promise<void> {
    for (const host of ['hv1', 'hv2']) {
      await this.hosts.waitForItem(
        host,
        (item) => item.expanded !== undefined && !item.description.includes('connecting'),
        longMs,
      );
    }
  }

  /** Starts a hot guest and, by a plain virsh, the migration that nobody in the editor started. */
  async startStuck(
    plan: Partial<GuestPlan> = {},
    options: MigrateOptions & { from?: HostName; to?: HostName } = {},
  ): Promise<Stuck> {
    const { from = 'hv1', to = 'hv2', ...rest } = options;
    const guest = await this.lab.startGuest(from, { name: `web-${randomUUID().slice(0, 4)}`, rateMiBps: 60, ...plan });
    await guest.untilHot(from);
    const beat = (await guest.lastBeat(from)) ?? 0;
    const heard = (event: string): Promise<string> =>
      this.lab
        .host(from)
        .exec(['virsh', 'event', '--timestamp', '--event', event, '--timeout', '300', guest.uuid])
        .then(({ stdout }) => stdout);
    const firstMemoryAtMs = heard('migration-iteration').then(eventTimeMs);
    // Not every test asks for it.
    firstMemoryAtMs.catch(() => undefined);
    const completed = heard('job-completed');
    const migrate = this.lab.migrate(guest.uuid, from, to, rest);
    return { guest, migrate, beat, firstMemoryAtMs, completed };
  }

  /** The page of a migration's panel, opened by a click on its row. */
  openPanel(guest: Guest): Promise<FrameLocator> {
    return openPanel(this.workbench, guest);
  }

  /** A second workbench on the same hosts: somebody else's, who has the first one's settings and nothing else of it. */
  async openAnother(): Promise<Workbench> {
    const workbench = await Workbench.open(this.options);
    await workbench.openContainer('Libvirt');
    return workbench;
  }

  /**
   * Looks whether each guest that was started is on one host and runs there, then removes all of them, and all that is open in the
   * window, for the next test.
   */
  async clear(): Promise<void> {
    try {
      await clearSettled(this.lab);
    } finally {
      await this.workbench.clear();
    }
    await this.workbench.until(
      'an idle status bar',
      async () => (await this.workbench.statusBar.find(/iteration|migrations|setting up|paused|ending/)) === undefined,
      longMs,
    );
  }

  async close(): Promise<void> {
    await this.workbench.close();
    await this.lab.down();
  }
}

/** The page of a migration's panel in a window, opened by a click on its row. */
export async function openPanel(workbench: Workbench, guest: Guest): Promise<FrameLocator> {
  const named = new RegExp(escapeRegExp(guest.name));
  const migrations = workbench.tree('Migrations');
  await migrations.waitForItem(named, () => true, longMs);
  await migrations.click(named);
  await workbench.editors.waitForTab(named);
  const page = workbench.editors.webview();
  await page.locator('#domain-name', { hasText: guest.name }).waitFor();
  return page;
}

/** A figure of the panel's head: `Remaining`, `Iteration`. */
export function figure(page: FrameLocator, name: string): Promise<string> {
  return page.locator(`#figures [data-figure="${name}"] dd`).innerText();
}

/** The downtime in ms that a job-completed block tells. */
export function downtimeOf(completed: string): number {
  const downtime = /^\s*downtime: (\d+)$/m.exec(completed)?.[1];
  if (downtime === undefined) throw new Error(`no downtime in ${completed}`);
  return Number(downtime);
}

/** How many readings a panel has, when the first one was by the host's count, and how many stretches nobody watched. */
export async function drawn(page: FrameLocator): Promise<{ samples: number; firstMs: number; gaps: number }> {
  const charts = page.locator('#charts[data-samples]');
  const told = async (name: string): Promise<number> =>
    Number.parseFloat((await charts.getAttribute(`data-${name}`)) ?? '');
  return { samples: await told('samples'), firstMs: await told('first-ms'), gaps: await told('gaps') };
}
