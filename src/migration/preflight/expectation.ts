import { formatBytes, formatDuration, formatMs, formatRate, MIB } from '../../panel/format.js';
import { optionProblems } from '../start/line.js';
import type { MigrationOptions } from '../start/model.js';
import { words } from './checks/result.js';
import type { Fact } from './fact.js';
import type { Expectation, Suggestion } from './model.js';

/** What the guest writes may be this share of what is sent, and it still ends: the rest is what each round gains. */
const convergingShare = 0.9;
/** A bandwidth to propose, against what the guest writes: each round then leaves two thirds of the one before. */
const proposedFactor = 1.5;
/** QEMU's own limit of the freeze at the end, unless it is set. */
const defaultDowntimeMs = 300;

export interface ExpectationFacts {
  readonly options: MigrationOptions;
  /** The guest's whole memory. */
  readonly memoryBytes: number | undefined;
  /** What QEMU takes of its host: pages never written cost next to nothing to send. */
  readonly residentBytes: number | undefined;
  /** By how much the guest runs at all: a paused one writes nothing. */
  readonly runs: boolean;
  /** Measured over a second. */
  readonly dirtyBytesPerSecond: Fact<number>;
  /** What the slower of both cards carries. */
  readonly linkBytesPerSecond: Fact<number>;
  /** Disks that are copied as well. */
  readonly copyBytes: number;
  /** Whether the disks have to be copied; undefined where nobody can tell. */
  readonly needsCopy: boolean | undefined;
  /** The options of the source's `virsh migrate`. */
  readonly offered: ReadonlySet<string>;
}

/** What is to be expected of a migration with these options, by the figures that are known. */
export function expectationOf(facts: ExpectationFacts): Expectation {
  const storage = storageSuggestions(facts);
  const bandwidth = bandwidthOf(facts);
  const { options, memoryBytes, residentBytes, dirtyBytesPerSecond, runs } = facts;
  const memory = memoryBytes === undefined ? residentBytes : Math.min(memoryBytes, residentBytes ?? memoryBytes);
  if (bandwidth === undefined || memory === undefined) {
    const why =
      memory === undefined
        ? 'how much memory it has could not be read'
        : `nobody knows how fast the link is (${facts.linkBytesPerSecond.known ? '' : words(facts.linkBytesPerSecond.why)}), and no bandwidth is set`;
    return {
      converges: undefined,
      timeMs: undefined,
      sentence: `How long it takes can't be told: ${why}.`,
      suggestions: storage,
    };
  }
  const onceMs = ((memory + facts.copyBytes) / bandwidth) * 1000;
  const amount = `${formatBytes(memory)} of memory${facts.copyBytes > 0 ? ` and ${formatBytes(facts.copyBytes)} of disks` : ''} at ${formatRate(bandwidth)}`;
  if (!runs || !options.live) {
    const still = runs
      ? 'the guest stands still all that time, since it is not a live migration'
      : 'the guest is paused, so it writes nothing';
    return {
      converges: true,
      timeMs: onceMs,
      sentence: `${about(onceMs)}: ${amount}; ${still}.`,
      suggestions: storage,
    };
  }
  if (!dirtyBytesPerSecond.known) {
    return {
      converges: undefined,
      timeMs: undefined,
      sentence: `At least ${formatDuration(Math.max(1000, onceMs))}: ${amount}. Whether it ends can't be told, since what the guest writes is not known: ${words(dirtyBytesPerSecond.why)}.`,
      suggestions: [...storage, ...cures(facts, undefined)],
    };
  }
  const dirty = dirtyBytesPerSecond.value;
  const writes = `the guest wrote ${formatRate(dirty)} in the second that was measured`;
  if (dirty < convergingShare * bandwidth) {
    const timeMs = (facts.copyBytes / bandwidth + memory / (bandwidth - dirty)) * 1000;
    // Within a second it may have written the same pages many times over, and a short round then finds all of them dirty again.
    const close =
      dirty > (defaultDowntimeMs / 1000) * bandwidth
        ? ' It may take longer if those are few pages, written over and over.'
        : '';
    return {
      converges: true,
      timeMs,
      sentence: `${about(timeMs)}, and it ends by itself: ${amount}, while ${writes}.${close}`,
      suggestions: storage,
    };
  }
  return {
    ...stuck(facts, { dirty, bandwidth, onceMs, amount, writes }),
    suggestions: [...storage, ...cures(facts, dirty)],
  };
}

interface Figures {
  readonly dirty: number;
  readonly bandwidth: number;
  readonly onceMs: number;
  readonly amount: string;
  readonly writes: string;
}

/** What comes of a guest that writes faster than is sent: what the options do about it, if anything. */
function stuck({ options }: ExpectationFacts, figures: Figures): Omit<Expectation, 'suggestions'> {
  const { onceMs, amount, writes, bandwidth, dirty } = figures;
  const why = `${amount}, and ${writes}`;
  const timeoutMs =
    options.timeoutSeconds === undefined || options.timeoutSeconds === 0 ? undefined : options.timeoutSeconds * 1000;
  if (timeoutMs !== undefined && options.timeoutAction === 'postcopy' && options.postcopy) {
    const timeMs = timeoutMs + onceMs;
    return {
      converges: true,
      timeMs,
      sentence: `At most about ${formatDuration(timeMs)}: ${why}, so it goes over to post-copy after ${formatDuration(timeoutMs)}; from then on there is no way back.`,
    };
  }
  if (timeoutMs !== undefined && options.timeoutAction !== 'postcopy') {
    const freeze = formatMs((dirty / bandwidth) * 1000);
    return {
      converges: true,
      timeMs: timeoutMs + onceMs,
      sentence: `At most about ${formatDuration(timeoutMs + onceMs)}: ${why}, so the guest is paused after ${formatDuration(timeoutMs)}, for ${freeze} or more.`,
    };
  }
  if (options.autoConverge) {
    return {
      converges: true,
      timeMs: undefined,
      sentence: `It ends only because auto-converge slows the guest until it does: ${why}. How long that takes can't be told.`,
    };
  }
  const rest = options.postcopy ? ' Post-copy is allowed, so you can end it so while it runs.' : '';
  return {
    converges: false,
    timeMs: undefined,
    sentence: `It would not end by itself: ${why}, as fast as it is sent or faster.${rest}`,
  };
}

/** The lesser of the link and what is asked for; undefined where neither is known. */
function bandwidthOf({ options, linkBytesPerSecond }: ExpectationFacts): number | undefined {
  const { bandwidthMiBps } = options;
  const asked = bandwidthMiBps === undefined || bandwidthMiBps === 0 ? undefined : bandwidthMiBps * MIB;
  const link = linkBytesPerSecond.known ? linkBytesPerSecond.value : undefined;
  return asked === undefined ? link : Math.min(asked, link ?? asked);
}

/** Options that make a migration end, where they can be chosen and are not: what costs the guest nothing first. */
function cures(facts: ExpectationFacts, dirty: number | undefined): readonly Suggestion[] {
  const { options, linkBytesPerSecond } = facts;
  const found: Suggestion[] = [];
  const speedMiBps = dirty === undefined ? 0 : Math.ceil((dirty * proposedFactor) / MIB);
  const linkMiBps = linkBytesPerSecond.known ? Math.floor(linkBytesPerSecond.value / MIB) : Infinity;
  const limited =
    options.bandwidthMiBps !== undefined && options.bandwidthMiBps > 0 && options.bandwidthMiBps < speedMiBps;
  if (limited && speedMiBps <= linkMiBps) {
    found.push({ label: `Send at ${speedMiBps} MiB/s`, change: { bandwidthMiBps: speedMiBps } });
  }
  if (!options.autoConverge) {
    found.push({ label: 'Let auto-converge slow the guest until it ends', change: { autoConverge: true } });
  }
  if (!options.postcopy) {
    found.push({ label: 'Allow post-copy', change: { postcopy: true } });
  }
  if (options.compressionMethods.length === 0) {
    found.push({ label: 'Compress what is written again (XBZRLE)', change: { compressionMethods: ['xbzrle'] } });
  }
  return found.filter((one) => isPossible(one, facts));
}

/** Whether this virsh has what is proposed, and nothing that is chosen already speaks against it. */
function isPossible({ change }: Suggestion, { options, offered }: ExpectationFacts): boolean {
  const known = { migrateOptions: offered };
  const before = optionProblems(options, known);
  return optionProblems({ ...options, ...change }, known).every((problem) => before.includes(problem));
}

function storageSuggestions(facts: ExpectationFacts): readonly Suggestion[] {
  const { options, needsCopy } = facts;
  if (needsCopy === true && options.storage === 'shared') {
    const copy: Suggestion = { label: 'Copy the disks: they are not shared', change: { storage: 'copyAll' } };
    return isPossible(copy, facts) ? [copy] : [];
  }
  if (needsCopy === false && options.storage !== 'shared') {
    return [{ label: 'Copy no disks: both hosts see the same ones', change: { storage: 'shared' } }];
  }
  return [];
}

function about(timeMs: number): string {
  return timeMs < 1000 ? 'Less than a second' : `About ${formatDuration(timeMs)}`;
}
