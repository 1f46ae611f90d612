import { cleanLabel } from '../../base/cleanText.js';
import { guestName, hostName } from '../describe.js';
import type { GuestPlace } from '../model.js';
import { isAbort } from './aborted.js';
import { isPostcopyInterrupted } from './interrupted.js';
import type { StartedMigration } from './model.js';

/** What a user who was not looking is told of a start's end. */
export interface StartNews {
  readonly tone: 'good' | 'bad';
  readonly text: string;
}

/** What is known of it beside its virsh's own word. */
export interface StartSurroundings {
  /** When this window began, as `Date.now()`. */
  readonly windowBeganAtMs: number;
  /** Whether its migration was seen: then the panel and the trees show it, and say where the guest is not as it should be. */
  readonly seen: boolean;
  /** Where the guest is, as both hosts tell; undefined where they were not asked. */
  readonly place: GuestPlace | undefined;
}

/** virsh's own words are a line or two; a longer text was not meant for a notice. */
const reasonLimit = 500;

/**
 * What is news of one that has ended. A failure always is, and a guest that is not where it should be; a success, or an abort, only
 * where an earlier window started it or nobody saw its migration: else the panel and the trees have shown it. One that was
 * interrupted in post-copy has not ended, whatever its virsh says.
 */
export function newsOf(start: StartedMigration, around: StartSurroundings): StartNews | undefined {
  const { request, state, domainName } = start;
  if (state.kind === 'starting' || state.kind === 'running') return undefined;
  if (state.kind === 'failed' && isPostcopyInterrupted(state.text)) return undefined;
  const { windowBeganAtMs, seen, place } = around;
  const where = request.destination === undefined ? '' : ` to ${hostName(request.destination)}`;
  const what = `The migration of '${guestName({ domainName })}' from ${hostName(request.source)}${where}`;
  const isShown = seen && start.startedAtMs >= windowBeganAtMs;
  const isLater = state.endedAtMs < windowBeganAtMs;
  const isWrong = place?.kind === 'wrong';
  switch (state.kind) {
    case 'succeeded':
      if (isShown) return undefined;
      return {
        tone: isWrong ? 'bad' : 'good',
        text: `${what} is complete${isLater ? ': it went on while this window was closed' : ''}.${placeText(place)}`,
      };
    case 'failed':
      if (!isAbort(state.text)) {
        return { tone: 'bad', text: `${what} failed: ${sentence(state.text)}${placeText(place)}` };
      }
      if (isShown) return undefined;
      return {
        tone: 'bad',
        text: `${what} was aborted${isLater ? ' while this window was closed' : ''}.${placeText(place)}`,
      };
    case 'unknown':
      return {
        tone: 'bad',
        text: `How it ended is not known. ${what}: ${sentence(state.text)}${placeText(place) || ' Look where it runs.'}`,
      };
  }
}

/** What is said of a guest whose place could only be told later, when a host was back; undefined where all is well. */
export function laterNewsOf({ domainName }: StartedMigration, place: GuestPlace): StartNews | undefined {
  if (place.kind !== 'wrong') return undefined;
  return { tone: 'bad', text: `The migration of '${guestName({ domainName })}' has ended.${placeText(place)}` };
}

function placeText(place: GuestPlace | undefined): string {
  switch (place?.kind) {
    case undefined:
      return '';
    case 'fine':
      return ` ${place.note ?? `The guest is on ${hostName(place.on)}, and nowhere else.`}`;
    case 'unknown':
      return ` ${place.text}`;
    case 'wrong':
      return ` ${place.text} ${place.advice}`;
  }
}

function sentence(text: string): string {
  const line = cleanLabel(text, reasonLimit);
  return /[.!?…]$/u.test(line) ? line : `${line}.`;
}
