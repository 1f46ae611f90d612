import type { Sample } from '../model.js';

/** Past this much, libvirt's number says that there is no cap. */
const noCapMiBps = 2 ** 40;
const mib = 2 ** 20;
/** From this share of it on, the cap holds a migration back, and not the link. */
const cappedShare = 0.85;
/**
 * QEMU keeps a cap in windows of 100 ms: it sends at once what one allows, and looks whether the rest fits when the next begins. By then
 * it has sent so many seconds' worth of bandwidth more: 0.1 to 0.2 in the lab's short rounds (694 of seeds 24 to 28, middle 0.148).
 */
const beyondSeconds = 0.15;
/** Without a cap it looks after each of its bursts, which take 50 ms at most. */
const burstSeconds = 0.05;

/** In bytes a second; undefined where there is none, or it was not told. */
export function capOf({ speedLimitMiBps }: Sample): number | undefined {
  return speedLimitMiBps === undefined || speedLimitMiBps <= 0 || speedLimitMiBps >= noCapMiBps
    ? undefined
    : speedLimitMiBps * mib;
}

/** Whether the cap, not the link, holds the migration back; both in bytes a second. */
export function isHeldBack(bandwidth: number | undefined, cap: number | undefined): boolean {
  return cap !== undefined && bandwidth !== undefined && bandwidth >= cappedShare * cap;
}

/** By how many seconds' worth of bandwidth less is left than fits, when a round ends. */
export function beyondFits(isCapped: boolean): number {
  return isCapped ? beyondSeconds : burstSeconds;
}
