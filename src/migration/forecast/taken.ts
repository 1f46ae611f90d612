import { formatDuration, formatMs } from '../../panel/format.js';
import type { Mark, Migration, Sample } from '../model.js';
import { pausedMs } from '../readings.js';
import { type Forecast, outlookOf, type Settings } from './forecast.js';
import { about } from './verdict.js';

type ActionMark = Extract<Mark, { kind: 'action' }>;
type Said = Extract<Forecast, { kind: 'finishes' }>;
type History = Pick<Migration, 'samples' | 'marks' | 'state' | 'startedAtMs'>;

/** What was foretold of an action, by what was known then. */
interface Foretold {
  readonly said: Said;
  /** The last reading before it. */
  readonly last: Sample;
}

/** What has happened stays as it is, and lists ask for it again and again. */
const known = new WeakMap<ActionMark, { readonly last: Sample; readonly foretold: Foretold | undefined }>();

/**
 * What the last way out that was taken did, against what was foretold at that moment: after the end, and only where the end
 * came of it. Empty where none was taken, or nothing could be foretold.
 */
export function takenText(history: History): string {
  const { state, startedAtMs } = history;
  if (state.outcome?.kind !== 'completed' || state.endedAtMs === undefined) return '';
  const taken = lastTaken(history);
  if (taken === undefined) return '';
  const { said, last } = taken.foretold;
  const { totalTimeMs, downtimeMs } = state.outcome.result;
  // By the host's count, as the forecast is.
  const tookMs = Math.max(0, (totalTimeMs ?? state.endedAtMs - startedAtMs) - last.elapsedMs);
  const stoodMs = Math.max(downtimeMs ?? 0, pausedMs(history) ?? 0);
  const freeze =
    stoodMs === 0 || taken.mark.action === 'switchToPostcopy'
      ? ''
      : `; at most ${formatMs(said.freezeIntervalMs[1])} of standing still, and it was ${formatMs(stoodMs)}`;
  return `${taken.mark.label}: foretold to end it in about ${about(said.medianMs)}, and it took ${formatDuration(tookMs)}${freeze}.`;
}

/** The same while it still runs: what was foretold, and how long ago. Empty where nothing was done, or nothing foretold. */
export function takenSoFarText(history: History): string {
  if (history.state.outcome !== undefined) return '';
  const taken = lastTaken(history);
  const now = history.samples.at(-1);
  if (taken === undefined || now === undefined) return '';
  const { said, last } = taken.foretold;
  const sinceMs = Math.max(0, now.elapsedMs - last.elapsedMs);
  return `${taken.mark.label}, ${formatDuration(sinceMs)} ago: foretold to end it in about ${about(said.medianMs)} from then.`;
}

function lastTaken({
  samples,
  marks,
}: History): { readonly mark: ActionMark; readonly foretold: Foretold } | undefined {
  const mark = marks.findLast((each): each is ActionMark => each.kind === 'action' && !each.failed);
  const settings = mark && settingsOf(mark);
  if (mark === undefined || settings === undefined) return undefined;
  const last = samples.findLast(({ atMs }) => atMs <= mark.atMs);
  if (last === undefined) return undefined;
  const before = known.get(mark);
  const foretold = before?.last === last ? before.foretold : foretoldOf(last, settings, samples, marks);
  // Also that nothing could be foretold.
  known.set(mark, { last, foretold });
  return foretold && { mark, foretold };
}

function foretoldOf(
  last: Sample,
  settings: Settings,
  samples: readonly Sample[],
  marks: readonly Mark[],
): Foretold | undefined {
  const seen = samples.slice(0, samples.indexOf(last) + 1);
  const until = marks.filter(({ atMs }) => atMs <= last.atMs);
  const said = outlookOf({ samples: seen, marks: until, state: { phase: 'precopy' } })?.at(settings);
  return said?.kind === 'finishes' && !said.atLeast ? { said, last } : undefined;
}

/** What was set is the last word of the line that set it, in libvirt's unit. */
function settingsOf({ action, virshLine }: ActionMark): Settings | undefined {
  const value = Number(virshLine.split(' ').at(-1));
  switch (action) {
    case 'setMaxDowntime':
      return value > 0 ? { maxDowntimeMs: value } : undefined;
    case 'setSpeed':
      return value > 0 ? { speedMiBps: value } : undefined;
    case 'pause':
      return { pause: true };
    case 'switchToPostcopy':
      return { postcopy: true };
    default:
      return undefined;
  }
}
