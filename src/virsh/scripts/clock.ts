import { UserError } from '../../base/errors.js';
import type { ShellScript } from '../script.js';
import { slackMs } from './common.js';

/** How far a host's clock is ahead of ours. */
export interface ClockReading {
  readonly aheadMs: number;
  /** It may be off by that much either way: half the time the question took. */
  readonly uncertaintyMs: number;
}

/** `nowMs` counts on steadily, as performance.now does. Asked anew for each reading. */
export function readClock(nowMs: () => number): ShellScript<ClockReading> {
  const askedMs = nowMs();
  return {
    label: 'read the clock',
    script: 'date +%s.%N',
    args: [],
    timeoutMs: slackMs,
    parse: ({ stdout }) => {
      const answeredMs = nowMs();
      const told = /^(\d+)(\.\d+)?/.exec(stdout.trim());
      if (told === null) throw new UserError('date told no time there.');
      // A date that knows no fraction of a second is in the middle of it, as far as anyone can tell.
      const fraction = told[2] === undefined ? 0.5 : Number(told[2]);
      const hostMs = (Number(told[1]) + fraction) * 1000;
      return {
        aheadMs: hostMs - (askedMs + answeredMs) / 2,
        uncertaintyMs: (answeredMs - askedMs) / 2 + (told[2] === undefined ? 500 : 0),
      };
    },
  };
}
