// `npx tsx test/bench/forecast/record.ts SEED COUNT [MINUTES]`: a part of what `npm run bench -- forecast` does in one go.
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action, Migration } from '../../../src/migration/model.js';
import { dirtyRateOf, measuredOut, measureLonger } from '../../../src/migration/preflight/dirtyRate.js';
import { watchVcpus } from '../../../src/migration/preflight/vcpuWatch.js';
import { type Guest, Lab } from '../../lab/lab.js';
import { limitLink } from '../../lab/network.js';
import { WatchedLab } from '../../lab/watched.js';
import { planOf, type RecordingPlan } from './plans.js';
import { folder, type Recording, writeRecording } from './recording.js';

/** Most of the time they are measured only, which costs little. */
const atOnce = 5;
/** What a pause does not end within this is aborted: nothing can be learned from it any more. */
const pauseLimitMs = 60_000;
/** How exactly it is known when a guest's load changed. */
const lookEveryMs = 250;

type Recorded = Pick<Recording, 'plan' | 'changedAtMs'> & { readonly migration: Migration };

/** Records of the first `count` migrations of a seed those that are not recorded yet, some at a time, for so long. */
export async function recordMissing(seed: number, count: number, minutes: number): Promise<void> {
  const untilMs = Date.now() + minutes * 60_000;
  await mkdir(folder, { recursive: true });
  const plans = Array.from({ length: count }, (_, index) => planOf(seed, index));
  const missing = plans.filter((plan) => !existsSync(fileOf(seed, plan)));
  if (missing.length === 0) return;
  const lab = await Lab.up();
  const watched = new WatchedLab(lab, 1000);
  try {
    await watched.connect();
    const note = (await lab.host('hv1').virsh(['version'])).replaceAll(/\s+/g, ' ').trim();
    const work = async (queue: RecordingPlan[]): Promise<void> => {
      for (let plan = queue.shift(); plan !== undefined && Date.now() < untilMs; plan = queue.shift()) {
        const recorded = await record(lab, watched, plan);
        // The plan's own last: once it is there, the plan is done.
        for (const [index, { migration, ...rest }] of [...recorded.entries()].reverse()) {
          const file = fileOf(seed, plan, index === 0 ? '' : '-beside');
          await writeFile(`${file}.part`, writeRecording(migration, { note, ...rest }));
          await rename(`${file}.part`, file);
          console.log(file, migration.samples.length, JSON.stringify(migration.state.outcome));
        }
      }
    };
    const alone = missing.filter(({ beside }) => beside !== undefined);
    const others = missing.filter(({ beside }) => beside === undefined);
    await Promise.all(Array.from({ length: atOnce }, () => work(others)));
    // The link is limited for all of its host: nothing else runs meanwhile.
    await work(alone);
  } finally {
    watched.dispose();
    await lab.down();
  }
}

function fileOf(seed: number, { index, kind }: RecordingPlan, which = ''): string {
  return join(folder, `${seed}-${index}-${kind}${which}.jsonl`);
}

async function record(lab: Lab, watched: WatchedLab, plan: RecordingPlan): Promise<readonly Recorded[]> {
  const { beside } = plan;
  if (beside === undefined) return [await recordOne(lab, watched, plan, 'recorded', Promise.resolve())];
  await limitLink('hv1', beside.linkMiBps);
  try {
    let begun = (): void => undefined;
    const later = new Promise<void>((resolve) => {
      begun = () => void setTimeout(resolve, beside.afterMs);
    });
    const other = { ...plan, guest: beside.guest };
    const [first, second] = await Promise.all([
      recordOne(lab, watched, plan, 'recorded', Promise.resolve(), () => begun()),
      recordOne(lab, watched, other, 'beside', later),
    ]);
    return [changedBy(first, second), changedBy(second, first)];
  } finally {
    await limitLink('hv1', undefined);
  }
}

/** The link is another's too from when that began to when it ended; each of them is a change. */
function changedBy(one: Recorded, { migration: { startedAtMs, state } }: Recorded): Recorded {
  const endMs = one.migration.state.endedAtMs ?? Infinity;
  const within = [startedAtMs, state.endedAtMs ?? Infinity].filter(
    (atMs) => atMs > one.migration.startedAtMs && atMs < endMs,
  );
  const last = within.length === 0 ? undefined : Math.max(...within) - one.migration.startedAtMs;
  return { ...one, changedAtMs: last };
}

async function recordOne(
  lab: Lab,
  watched: WatchedLab,
  plan: RecordingPlan,
  name: string,
  when: Promise<void>,
  onStart: () => void = () => undefined,
): Promise<Recorded> {
  const guest = await lab.startGuest('hv1', { name: `${name}-${plan.index}`, ...plan.guest });
  await guest.untilHot('hv1');
  const formIsRead = new Promise<void>((resolve) => setTimeout(resolve, 1000 * (plan.beforeSeconds ?? 0)));
  await measure(watched, guest.uuid, Promise.all([when, formIsRead]));
  const start = ofGuest(watched, 'onDidStart', guest.uuid);
  const end = ofGuest(watched, 'onDidEnd', guest.uuid);
  const { bandwidthMiBps, extra } = plan;
  const { done } = lab.migrate(guest, 'hv1', 'hv2', { bandwidthMiBps, extra });
  const migration = await start;
  onStart();
  const timers = plan.steps.map(({ afterMs, action }) => setTimeout(() => void perform(action), afterMs));
  timers.push(setTimeout(() => void perform({ kind: 'pause' }), plan.pauseAfterMs));
  timers.push(setTimeout(() => void perform({ kind: 'abort' }), plan.pauseAfterMs + pauseLimitMs));
  const ended = new AbortController();
  const change = changeOf(guest, ended.signal);
  await end;
  ended.abort();
  timers.forEach((timer) => clearTimeout(timer));
  await done;
  const changedMs = await change;
  await guest.destroy();
  return { migration, plan, changedAtMs: changedMs && Math.max(0, changedMs - migration.startedAtMs) };

  async function perform(action: Action): Promise<void> {
    // A refusal is a mark too: the migration may end in this moment.
    await watched.steering.perform('hv1', guest.uuid, action).catch(() => undefined);
  }
}

/** As the pre-flight does before a start, and behind its lines until that. */
async function measure(watched: WatchedLab, uuid: string, when: Promise<unknown>): Promise<void> {
  const host = watched.fleet.get('hv1');
  if (host === undefined) throw new Error('the lab has no hv1');
  await dirtyRateOf(host, uuid);
  const form = new AbortController();
  const watches = [watchVcpus(host, uuid, form.signal), measureLonger(host, uuid, form.signal)];
  await when;
  form.abort();
  // As a start does. What is measured in this moment goes on.
  await measuredOut(host, uuid);
  void Promise.all(watches);
}

/** When the guest said that its load is another now; undefined where it did not before the end. */
async function changeOf(guest: Guest, ended: AbortSignal): Promise<number | undefined> {
  while (!ended.aborted) {
    if (await guest.hasChanged()) return Date.now();
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return undefined;
}

function ofGuest(watched: WatchedLab, event: 'onDidStart' | 'onDidEnd', uuid: string): Promise<Migration> {
  return new Promise((resolve) => {
    const subscription = watched.registry[event]((migration) => {
      if (migration.domainUuid !== uuid) return;
      subscription.dispose();
      resolve(migration);
    });
  });
}

if (process.argv[1] === import.meta.filename) {
  const [seed = '1', count = '9', minutes = '60'] = process.argv.slice(2);
  recordMissing(Number(seed), Number(count), Number(minutes)).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
