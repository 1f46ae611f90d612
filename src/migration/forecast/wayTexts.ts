import { formatMs } from '../../panel/format.js';
import type { ActionKind } from '../model.js';
import type { Outlook } from './forecast.js';
import { about } from './verdict.js';
import { type WayOut, waysOut } from './waysOut.js';

/** What comes of a lever pulled now, for its button; undefined where nobody can tell, or nothing needs it. */
export function leverText(outlook: Outlook | undefined, action: ActionKind): string | undefined {
  const way = outlook && waysOut(outlook).find((each) => each.way === action);
  return way && wayText(way);
}

/** The least harmful way out of a migration that never ends; empty for any other. */
export function bestWayText(outlook: Outlook | undefined): string {
  if (outlook?.asItIs.kind !== 'never') return '';
  const [best] = waysOut(outlook);
  return best === undefined ? '' : `The way out that harms least: ${wayText(best)}`;
}

function wayText({ way, value, forecast }: WayOut): string {
  const { medianMs, freezeMs, freezeIntervalMs } = forecast;
  const ends = `it ends in about ${about(medianMs)}`;
  const most = formatMs(freezeIntervalMs[1]);
  switch (way) {
    case 'wait':
      return `left alone, ${ends}.`;
    case 'setSpeed':
      return `at ${value ?? 0} MiB/s, if the network carries them, ${ends} and stops the guest for at most ${most}.`;
    case 'setMaxDowntime':
      return `with a max downtime of ${value ?? 0} ms, ${ends} and stops the guest for at most ${most}.`;
    case 'pause':
      return `paused now, the guest stands still for about ${about(freezeMs)}, and then runs on the destination.`;
    // How long the switch itself stops the guest, nothing that was read tells.
    case 'switchToPostcopy':
      return `switched now, all of its memory has arrived in about ${about(medianMs)} at most.`;
  }
}
