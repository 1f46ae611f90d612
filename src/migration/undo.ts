import { cacheText, inForce, valueSetBy, valueText } from './changes.js';
import { valueNames } from './describe.js';
import { isInPostcopy } from './phase.js';
import type { Action, ActionKind, Migration } from './model.js';

/** What would take back the last value that was set from here. */
export interface Undo {
  readonly action: Action;
  /** `Max downtime back to 300 ms`. */
  readonly label: string;
}

/**
 * Undefined where nothing was set from here, where what was in force before is not known, and where it is in force again:
 * somebody else has brought it back. In post-copy only its own speed counts: what was set before has no effect any more.
 */
export function undoOf({ marks, samples, state }: Pick<Migration, 'marks' | 'samples' | 'state'>): Undo | undefined {
  const inPostcopy = isInPostcopy(state);
  const last = marks.findLast(
    (mark) =>
      mark.kind === 'action' &&
      !mark.failed &&
      mark.before !== undefined &&
      (mark.action === 'setPostcopySpeed') === inPostcopy,
  );
  if (last?.kind !== 'action' || last.before === undefined) return undefined;
  const undo = undoing(last.action, last.before);
  if (undo === undefined) return undefined;
  const sample = samples.at(-1);
  const seenSince = sample !== undefined && sample.atMs > last.atMs;
  const set = valueSetBy(undo.action);
  if (seenSince && set !== undefined && inForce(sample, set.value) === set.to) return undefined;
  return undo;
}

/** What brings back the value that was in force before an action. */
function undoing(kind: ActionKind, before: number): Undo | undefined {
  const label = (what: string, amount: string): string => `${what} back to ${amount}`;
  switch (kind) {
    case 'setSpeed':
      return {
        action: { kind, speedMiBps: before },
        label: label(valueNames.speed, valueText('speed', before)),
      };
    case 'setPostcopySpeed':
      return {
        action: { kind, speedMiBps: before },
        label: label(valueNames.postcopySpeed, valueText('postcopySpeed', before)),
      };
    case 'setMaxDowntime':
      return {
        action: { kind, downtimeMs: before },
        label: label(valueNames.maxDowntime, valueText('maxDowntime', before)),
      };
    case 'setCompressionCache':
      return { action: { kind, cacheMiB: before }, label: label('Compression cache', cacheText(before)) };
    default:
      return undefined;
  }
}
