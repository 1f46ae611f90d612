import { unlimitedMiBps } from '../virsh/bounds.js';
import type { Action, Change, Phase, Sample, SteeredValue } from './model.js';

const steeredValues: readonly SteeredValue[] = ['maxDowntime', 'speed', 'postcopySpeed'];

/** A change of a value, by whomever. */
type ValueChange = Extract<Change, { value: SteeredValue }>;

/**
 * What of the values in force is another than in the reading before, and not by us: an orchestrator raises the downtime, a
 * colleague the speed. A value that was not read says nothing.
 */
export function changesBetween(before: Sample, after: Sample, own: OwnValues): ValueChange[] {
  return steeredValues.flatMap((value) => {
    const from = inForce(before, value);
    const to = inForce(after, value);
    if (from === undefined || to === undefined || from === to || own.explains(value, to)) return [];
    return [{ value, from, to }];
  });
}

/**
 * Whether libvirt may have made a change itself: as a migration ends it brings back what was in force before, and a reading may
 * come just then (seen on 9.0). By then the guest has left, or the values are those that nobody has set.
 */
export function mayBeReset({ value, to }: ValueChange, phase: Phase): boolean {
  return phase !== 'precopy' || to === (value === 'maxDowntime' ? usualMaxDowntimeMs : unlimitedMiBps);
}

/** QEMU's own limit, unless someone sets another. */
const usualMaxDowntimeMs = 300;

/** A value set from here is seen in force within this many readings after it was sent, or it was in force before. */
const readingsToSee = 3;

interface OwnValue extends Omit<ValueChange, 'from'> {
  /** Undefined while the action is under way. */
  readingsLeft: number | undefined;
}

/** What was set from here and has not been seen in force yet, in its order: seeing it is no news. */
export class OwnValues {
  private readonly values: OwnValue[] = [];

  /** An action is about to be sent. `done` is called when it was taken, `failed` when it was not. */
  expect(action: Action): { done(): void; failed(): void } {
    const set = valueSetBy(action);
    if (set === undefined) return { done: () => undefined, failed: () => undefined };
    const own: OwnValue = { ...set, readingsLeft: undefined };
    this.values.push(own);
    return {
      done: () => (own.readingsLeft = readingsToSee),
      failed: () => this.remove(own),
    };
  }

  /** Whether a value that is in force now was set from here; what was set before it is not waited for any more. */
  explains(value: SteeredValue, to: number): boolean {
    const found = this.values.find((own) => own.value === value && own.to === to);
    if (found === undefined) return false;
    for (const own of this.values.slice(0, this.values.indexOf(found) + 1)) if (own.value === value) this.remove(own);
    return true;
  }

  /** One reading has passed. */
  age(): void {
    for (const own of [...this.values]) {
      if (own.readingsLeft === undefined) continue;
      own.readingsLeft -= 1;
      if (own.readingsLeft <= 0) this.remove(own);
    }
  }

  private remove(own: OwnValue): void {
    const at = this.values.indexOf(own);
    if (at >= 0) this.values.splice(at, 1);
  }
}

/** A value as a reading found it: speeds in MiB/s, max downtime in ms. */
export function inForce(sample: Sample, value: SteeredValue): number | undefined {
  if (value === 'maxDowntime') return sample.maxDowntimeMs;
  const speedMiBps = value === 'speed' ? sample.speedLimitMiBps : sample.postcopySpeedMiBps;
  return speedMiBps === undefined ? undefined : normalSpeed(speedMiBps);
}

/** The value an action sets; undefined for one that sets none. */
export function valueSetBy(action: Action): Omit<ValueChange, 'from'> | undefined {
  switch (action.kind) {
    case 'setSpeed':
      return { value: 'speed', to: normalSpeed(action.speedMiBps) };
    case 'setPostcopySpeed':
      return { value: 'postcopySpeed', to: normalSpeed(action.speedMiBps) };
    case 'setMaxDowntime':
      return { value: 'maxDowntime', to: action.downtimeMs };
    default:
      return undefined;
  }
}

/** `unlimited`, `20 MiB/s`, `300 ms`. */
export function valueText(value: SteeredValue, amount: number): string {
  if (value === 'maxDowntime') return `${amount} ms`;
  return normalSpeed(amount) === unlimitedMiBps ? 'unlimited' : `${amount} MiB/s`;
}

/** `64 MiB`, and `0.06 MiB` for one of 64 KiB. */
export function cacheText(cacheMiB: number): string {
  return `${Number(cacheMiB.toFixed(3))} MiB`;
}

/** libvirt says 0, or the largest number it has, for no limit. */
function normalSpeed(speedMiBps: number): number {
  return speedMiBps === 0 || speedMiBps >= unlimitedMiBps ? unlimitedMiBps : speedMiBps;
}
