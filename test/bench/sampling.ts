import { Lab } from '../lab/lab.js';
import { serviceCpuMs } from './cpu.js';
import { median, report } from './figure.js';
import { benchRoundTrips } from './roundTrips.js';
import { bareLoop, extension, extensionsJobInfo, perProcess, questionsOf, type Way } from './ways.js';

const rounds = 9;

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/**
 * Measures ms and remote CPU ms a sample of a migrating domain: (a) a process a question, (b) this extension's path, (c) a
 * bare loop; in turn, several rounds. And the same for domjobinfo alone.
 */
export async function benchSampling(): Promise<void> {
  const lab = await Lab.up();
  try {
    // It writes twice what its migration carries, so that it never ends, and leaves this machine alone besides.
    const guest = await lab.startGuest('hv1', {
      name: 'bench',
      load: 'cool',
      rateMiBps: 8,
      workingSetMiB: 104,
      memoryMiB: 256,
    });
    await guest.untilHot();
    void lab.migrate(guest, 'hv1', 'hv2', { bandwidthMiBps: 4 });
    const questions = questionsOf(guest);
    const ways = {
      a: perProcess(lab, questions),
      b: extension(lab),
      c: bareLoop(lab, questions),
      aJobInfo: perProcess(lab, questions.slice(0, 1)),
      bJobInfo: extensionsJobInfo(lab, guest),
      cJobInfo: bareLoop(lab, questions.slice(0, 1)),
    };
    const names = ['a', 'b', 'c', 'aJobInfo', 'bJobInfo', 'cJobInfo'] as const;
    const costs: Record<keyof typeof ways, Cost[]> = { a: [], b: [], c: [], aJobInfo: [], bJobInfo: [], cJobInfo: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of names) costs[name].push(await measure(lab, ways[name]));
    }
    const wall = (name: keyof typeof ways): number => median(costs[name].map(({ wallMs }) => wallMs));
    const cpu = (name: keyof typeof ways): number => median(costs[name].map(({ cpuMs }) => cpuMs));
    const against = {
      a: '(a) a virsh process for each of its five questions, over exec channels, one after the other',
      b: '(b) the extension: domjobinfo, domstate, migrate-getmaxdowntime, migrate-getspeed and domstats, into the migration',
      c: '(c) a bare ssh2 loop that writes the same bytes',
      aJobInfo: '(a) a virsh process for domjobinfo alone',
      bJobInfo: '(b) the extension, domjobinfo alone',
      cJobInfo: '(c) a bare ssh2 loop, domjobinfo alone',
    };
    for (const name of names) {
      report({ name: 'sampling.wall', value: wall(name), unit: 'ms a sample', against: against[name] });
      report({ name: 'sampling.cpu', value: cpu(name), unit: 'remote CPU ms a sample', against: against[name] });
    }
    const ratio = (
      name: string,
      over: keyof typeof ways,
      under: keyof typeof ways,
      told: string,
      bound?: number,
    ): void => {
      // Of one round each: what else the machine does changes from round to round.
      const each = costs[over].map(({ wallMs }, round) => wallMs / (costs[under][round]?.wallMs ?? NaN));
      report({ name, value: median(each), unit: 'ratio', against: told, bound });
    };
    ratio('sampling.overBare', 'b', 'c', 'b over c', 1.3);
    ratio('sampling.overProcess', 'b', 'a', 'b over a', 1 / 20);
    ratio('sampling.jobInfoOverBare', 'bJobInfo', 'cJobInfo', 'b over c, domjobinfo alone', 1.3);
    ratio('sampling.jobInfoOverProcess', 'bJobInfo', 'aJobInfo', 'b over a, domjobinfo alone');
    await lab.clear();
    await benchRoundTrips(lab);
  } finally {
    await lab.down();
  }
}

/** What opening and closing cost by themselves is taken off. */
async function measure(lab: Lab, way: Way): Promise<Cost> {
  const opened = await run(lab, way, 1);
  const sampled = await run(lab, way, 1 + way.samples);
  return { wallMs: median(sampled.timesMs), cpuMs: (sampled.cpuMs - opened.cpuMs) / way.samples };
}

async function run(lab: Lab, way: Way, samples: number): Promise<{ timesMs: readonly number[]; cpuMs: number }> {
  const before = await serviceCpuMs(lab.host('hv1'));
  const { sample, close } = await way.open();
  const timesMs: number[] = [];
  while (timesMs.length < samples) timesMs.push(await sample());
  close();
  return { timesMs, cpuMs: (await settledCpuMs(lab)) - before };
}

/** sshd counts a session's time when it has buried it: asked until two answers in a row agree. */
async function settledCpuMs(lab: Lab): Promise<number> {
  let last = -1;
  for (;;) {
    const now = await serviceCpuMs(lab.host('hv1'));
    if (now === last) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}
