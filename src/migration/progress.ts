import type { PanelProgress } from '../panel/protocol.js';
import { phaseNames } from './describe.js';
import type { Forecast } from './forecast/forecast.js';
import { outlookFor, shortVerdict } from './forecast/verdict.js';
import type { JournalRecord } from './journalFormat.js';
import type { Migration } from './model.js';

/** Nearer to the end than this is only what has ended. */
const mostPercent = 99;

/** What share of a migration has gone by, by a forecast; undefined where it is not judged to end, or nobody can say when. */
export function percentBy(said: Forecast | undefined, elapsedMs: number): number | undefined {
  if (said?.kind !== 'finishes' || said.atLeast || elapsedMs <= 0) return undefined;
  return Math.min(mostPercent, (100 * elapsedMs) / (elapsedMs + said.medianMs));
}

/**
 * How far migrations are that run. A forecast may go back, and a migration with it; what is shown of it never does: it stands
 * still until the migration has caught up. While one is not judged to end, there is none to show.
 */
export class Progress {
  private readonly highest = new WeakMap<Migration, number>();

  of(migration: Migration): PanelProgress | undefined {
    const { state, samples } = migration;
    const last = samples.at(-1);
    if (state.outcome !== undefined || state.phase === 'ended' || last === undefined) return undefined;
    const said = outlookFor(migration)?.asItIs;
    const now = percentBy(said, last.elapsedMs);
    if (now === undefined || said === undefined) return undefined;
    const percent = Math.max(now, this.highest.get(migration) ?? 0);
    this.highest.set(migration, percent);
    return { percent, text: `${phaseNames[state.phase]} · ${shortVerdict(said)}` };
  }
}

/** The same at a moment of the past, by what was foretold until then. */
export function progressAt(
  { samples, readings }: Pick<JournalRecord, 'samples' | 'readings'>,
  elapsedMs: number,
): number | undefined {
  let percent: number | undefined;
  let highest = 0;
  for (const sample of samples) {
    if (sample.elapsedMs > elapsedMs) break;
    const now = percentBy(readings?.get(sample)?.said, sample.elapsedMs);
    highest = Math.max(highest, now ?? 0);
    percent = now === undefined ? undefined : highest;
  }
  return percent;
}
