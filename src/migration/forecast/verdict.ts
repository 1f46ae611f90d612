import { formatBytes, formatDuration, formatElapsed, formatMs, formatRate, formatVcpus } from '../../panel/format.js';
import type { Sample } from '../model.js';
import type { Stretch } from './activity.js';
import type { Forecast, Outlook } from './forecast.js';
import { outlookOf } from './forecast.js';
import type { History, Present } from './present.js';
import { isCapped } from './starts.js';
import type { Fit } from './workingSet.js';

/** Below this, a verdict is told with a doubt. */
export const sureEnough = 0.75;
/** A change of this much is worth a word. */
const muchMore = 1.5;
/** More than this of what is left is as good as all of it. */
const muchOfIt = 0.8;
/** Of what it carried before, this little is no noise. */
const dropped = 0.5;

/** From this weight on, that the guest writes by turns is told. */
const writesByTurnsShare = 0.3;

/** The outlook of the last reading, worked out once for all who show it. */
const outlooks = new WeakMap<
  Sample,
  { readonly marks: number; readonly phase: string; readonly outlook: Outlook | undefined }
>();

export function outlookFor(history: History): Outlook | undefined {
  const last = history.samples.at(-1);
  if (last === undefined) return undefined;
  const known = outlooks.get(last);
  const { length: marks } = history.marks;
  const { phase } = history.state;
  if (known?.marks === marks && known.phase === phase) return known.outlook;
  const outlook = outlookOf(history);
  outlooks.set(last, { marks, phase, outlook });
  return outlook;
}

/** `never at these settings`, `~40 s left`, `at least ~10 s left`, `too early to say`. */
export function shortVerdict(said: Forecast): string {
  switch (said.kind) {
    case 'tooEarly':
      return 'too early to say';
    case 'never':
      return `${said.sure < sureEnough ? 'probably ' : ''}never at these settings`;
    case 'stalled':
      return 'no byte moves';
    case 'finishes':
      if (said.atLeast) return `at least ~${about(said.intervalMs[0])} left`;
      return `${said.sure < sureEnough ? 'perhaps ' : ''}~${about(said.medianMs)} left`;
  }
}

/** The short verdict on a migration as it is; undefined where a phase has none, and before its first reading. */
export function shortVerdictOn(history: History): string | undefined {
  const outlook = outlookFor(history);
  if (outlook === undefined) return undefined;
  const { asItIs, present } = outlook;
  if (asItIs.kind === 'tooEarly' && present.phase !== 'precopy') return undefined;
  return present.phase === 'postcopyInterrupted' ? undefined : shortVerdict(asItIs);
}

/** The verdict with its cause, in a sentence that explains itself. Empty where there is nothing to say yet. */
export function verdictSentence(outlook: Outlook): string {
  const { asItIs, present } = outlook;
  switch (asItIs.kind) {
    case 'tooEarly':
      return present.phase === 'precopy' ? 'It is too early to say how long it takes.' : '';
    case 'stalled':
      return stalledSentence(asItIs, present);
    case 'never':
      return neverSentence(asItIs, outlook);
    case 'finishes':
      return finishesSentence(asItIs, outlook);
  }
}

/** A time as exact as a forecast is: `8 s`, `40 s`, `2 min 30 s`, `1 h 10 min`. */
export function about(ms: number): string {
  const stepMs = ms < 9_500 ? 1_000 : ms < 57_500 ? 5_000 : ms < 285_000 ? 10_000 : ms < 3_600_000 ? 60_000 : 600_000;
  return formatDuration(Math.max(1_000, Math.round(ms / stepMs) * stepMs));
}

function stalledSentence({ sinceMs }: Extract<Forecast, { kind: 'stalled' }>, { phase }: Present): string {
  if (phase === 'postcopyInterrupted') return '';
  const since = about(sinceMs);
  if (phase === 'setup') {
    return (
      `It has been setting up for ${since}: the destination does not answer, or libvirt waits there or here for a lock that ` +
      'something else holds; neither host tells which.'
    );
  }
  return `No byte has moved for ${since}: the network between the hosts is down, or the destination takes nothing.`;
}

function neverSentence({ sure, roundBytes }: Extract<Forecast, { kind: 'never' }>, outlook: Outlook): string {
  const { present } = outlook;
  const fits = ((present.bandwidthBytesPerSecond ?? 0) * present.maxDowntimeMs) / 1000;
  const verdict = `It ${sure < sureEnough ? 'probably ' : ''}never ends at these settings`;
  const writes = isByMeasurement(outlook)
    ? `in the ${spansText(outlook)}, the guest wrote as fast as it can be sent: that would be about ${formatBytes(roundBytes)} in each round`
    : `the guest dirties its memory as fast as it is sent, about ${formatBytes(roundBytes)} in each round`;
  const cause = `${writes}, and only ${formatBytes(fits)} fit into a stop of ${formatMs(present.maxDowntimeMs)}`;
  return [`${verdict}: ${cause}.`, otherwise(outlook), bottleneck(present)].filter((text) => text !== '').join(' ');
}

/** Why it takes less than what is left by the bandwidth. */
function unused({ usedLeftBytes: used, remainingBytes: left }: Present): string {
  if (used === undefined || left === undefined || used > muchOfIt * left) return '';
  return `Of what is left, its host holds about ${formatBytes(used)}; the rest was never used, and takes no time. `;
}

/** What the guest does otherwise than before; of one that works by turns, what that means for the end. */
function otherwise({ present, fit, asItIs, alwaysBusy }: Outlook): string {
  const { activity } = present;
  if (activity === undefined || !writesByTurns(fit)) return asItIs.kind === 'never' ? busier(fit) : calmer(fit);
  const { now, before, busyVcpus, idleVcpus } = activity;
  const busy = lastOf(before, true);
  const idle = lastOf(before, false);
  const staysSo = present.courses.some(({ turns, weight }) => turns === undefined && weight > 0.5);
  if (busy === undefined || idle === undefined || staysSo) {
    const [is, was] = now.busy ? [busyVcpus, idleVcpus] : [idleVcpus, busyVcpus];
    const since = now.fromMs < 0 ? `${formatDuration(-now.fromMs)} before it began` : formatElapsed(now.fromMs);
    return (
      `Since ${since} the guest works ${now.busy ? 'more' : 'less'}: ` +
      `${formatVcpus(is)} virtual CPUs are busy on average, ${formatVcpus(was)} were before.`
    );
  }
  const turns = `The guest works by turns, lately ${lengthOf(busy)} busy and ${lengthOf(idle)} idle`;
  const needsIdle = asItIs.kind === 'never' || alwaysBusy().kind === 'never';
  return `${turns}${needsIdle ? ': it can end only in an idle one that is long enough for what is left' : ''}.`;
}

/** The last one that was seen from its beginning to its end, or what was seen of one. */
function lastOf(stretches: readonly Stretch[], busy: boolean): Stretch | undefined {
  const alike = stretches.filter((stretch) => stretch.busy === busy);
  return alike.findLast(({ isWhole }) => isWhole) ?? alike.at(-1);
}

/** Whether the rounds confirm, or do not contradict, that it writes when its virtual CPUs work. */
function writesByTurns({ hypotheses }: Fit): boolean {
  const weight = hypotheses.reduce((sum, { idleShare, weight: own }) => (idleShare < 1 ? sum + own : sum), 0);
  return weight > writesByTurnsShare;
}

function lengthOf({ fromMs, toMs, isWhole }: Stretch): string {
  return `${isWhole ? '' : 'at least '}${formatDuration(toMs - fromMs)}`;
}

/** What holds the copy back. */
function bottleneck(present: Present): string {
  const { bandwidthBytesPerSecond: bandwidth, bestBytesPerSecond: best, capBytesPerSecond: cap } = present;
  if (bandwidth === undefined) return '';
  if (isCapped(present) && cap !== undefined)
    return `Its speed is capped at ${formatRate(cap)}: the network may carry more.`;
  if (best !== undefined && bandwidth < dropped * best && (cap === undefined || cap > 0.9 * best))
    return `The network carries ${formatRate(bandwidth)} now; before, it was ${formatRate(best)}.`;
  if (!present.capIsTold) return '';
  // Which of them it is, no figure tells.
  return `No cap holds it back: the network, or the destination, takes no more than ${formatRate(bandwidth)}.`;
}

function busier({ changedAtMs, changedBy }: Fit): string {
  if (changedAtMs === undefined || changedBy === undefined || changedBy < muchMore) return '';
  const times = changedBy < 10 ? changedBy.toFixed(changedBy < 3 ? 1 : 0) : 'many';
  return `Since ${formatElapsed(changedAtMs)} the guest writes ${times} times as much as before.`;
}

function calmer({ changedBy }: Fit): string {
  return changedBy !== undefined && changedBy < 1 / muchMore ? 'The guest writes less than it did.' : '';
}

function finishesSentence(forecast: Extract<Forecast, { kind: 'finishes' }>, outlook: Outlook): string {
  const { present } = outlook;
  const { medianMs, intervalMs, freezeMs, freezeIntervalMs, sure, atLeast } = forecast;
  if (atLeast) {
    const least = `${unused(present)}That takes about ${about(intervalMs[0])} more at least.`;
    return isByMeasurement(outlook)
      ? `${least} In the ${spansText(outlook)}, the guest wrote too fast for an end.`
      : least;
  }
  const [low, high] = intervalMs;
  const range = high === undefined ? '' : rangeText(low, high);
  if (present.phase === 'paused') return `It is done in about ${about(medianMs)}${range}.`;
  if (present.phase === 'postcopy') return `All of it has arrived in about ${about(medianMs)}${range}.`;
  const start = `${unused(present)}${sure < sureEnough ? 'It may end' : 'It ends'}`;
  const freeze =
    freezeIntervalMs[1] > 1.5 * freezeMs ? `at most ${formatMs(freezeIntervalMs[1])}` : `about ${formatMs(freezeMs)}`;
  const told = `${start} in about ${about(medianMs)}${range}, and stops the guest for ${freeze}.`;
  return [told, hovers(present), otherwise(outlook), basis(outlook)].filter((text) => text !== '').join(' ');
}

/** Why what is nearly there takes time that nobody can tell. */
function hovers({ hovering, maxDowntimeMs, bandwidthBytesPerSecond: bandwidth = 0 }: Present): string {
  if (hovering === undefined) return '';
  return (
    `The last ${hovering.rounds} rounds were short and got no shorter: about ${formatBytes(hovering.toSendBytes)} were left each time, and ` +
    `${formatBytes((bandwidth * maxDowntimeMs) / 1000)} fit into a stop of ${formatMs(maxDowntimeMs)}. The next may be the last, or a much later one.`
  );
}

/** Nothing else tells in the first round. Of disks that are copied first no measurement does. */
function isByMeasurement({ fit, present }: Outlook): boolean {
  return fit.unmeasured !== undefined && present.phase === 'precopy';
}

function basis(outlook: Outlook): string {
  return isByMeasurement(outlook) ? `That is by the ${spansText(outlook)}.` : '';
}

function spansText({ fit }: Outlook): string {
  const { measuredSeconds: seconds } = fit;
  // The longer ones may have reached into its beginning.
  return seconds > 1 ? `${seconds} seconds that were measured` : 'one second that was measured before';
}

function rangeText(low: number, high: number): string {
  const [from, to] = [about(low), about(high)];
  return from === to ? '' : ` (${from} to ${to})`;
}
