import { cleanLabel } from '../base/cleanText.js';
import { formatBytes, formatRate } from '../panel/format.js';
import { guestName, hostName } from '../migration/describe.js';
import { about, outlookFor } from '../migration/forecast/verdict.js';
import type { Migration } from '../migration/model.js';
import { bandwidthBytesPerSecond, remainingBytes } from '../migration/readings.js';
import type { RefusedHostKey } from '../ssh/types.js';
import type { Question } from './steer.js';

/** What each dangerous step would do to whom: the guest by name, and the cost as far as it is known. */

export function pauseQuestion(migration: Migration): Question {
  const guest = `'${guestName(migration)}'`;
  const left = leftText(migration);
  return {
    message: `Pause ${guest} while its memory is copied?`,
    detail:
      `${guest} stops for its users until the migration ends${left === undefined ? '' : `: ${left}`}, ` +
      `and what it dirtied in this iteration has to be sent as well${freezeText(migration)}. ` +
      'libvirt resumes it by itself at the end, and not before: ' +
      'only aborting, or post-copy, lets it go on sooner.',
    button: 'Pause Guest',
  };
}

export function postcopyQuestion(migration: Migration): Question {
  const guest = `'${guestName(migration)}'`;
  const { destination } = migration.state;
  const where = destination === undefined ? 'its destination' : hostName(destination);
  const left = leftText(migration);
  return {
    message: `Switch ${guest} to post-copy?`,
    detail:
      `${guest} goes on at once on ${where} and fetches the rest of its memory from ${hostName(migration.source)} as it needs it` +
      `${left === undefined ? '' : `: ${left}`}. It is slow until that is done.\n\n` +
      'There is no way back: if the network or either host fails before it is complete, so does the guest. ' +
      'It works only for a migration that was started with --postcopy.',
    button: 'Switch to Post-Copy',
  };
}

export function interruptQuestion(migration: Migration): Question {
  const guest = `'${guestName(migration)}'`;
  const { destination } = migration.state;
  const where = destination === undefined ? 'its destination' : hostName(destination);
  const left = leftText(migration);
  return {
    message: `Interrupt the post-copy of ${guest}?`,
    detail:
      `${guest} stops for its users as soon as it needs memory that is not on ${where} yet${left === undefined ? '' : `: ${left}`}. ` +
      `It stands still until you resume the migration, and it never goes back to ${hostName(migration.source)}.\n\n` +
      'Until then half of it is on each host: if either one fails, the guest is lost.',
    button: 'Interrupt Post-Copy',
  };
}

export function abortQuestion(migration: Migration): Question {
  const guest = `'${guestName(migration)}'`;
  const sent = migration.samples.at(-1)?.job.memoryProcessedBytes;
  return {
    message: `Abort the migration of ${guest}?`,
    detail:
      `${guest} stays on ${hostName(migration.source)} and goes on there. ` +
      (sent === undefined || sent === 0
        ? 'What has been copied is thrown away.'
        : `The ${formatBytes(sent)} of memory sent so far are thrown away.`),
    button: 'Abort Migration',
  };
}

export function forgetHostKeyQuestion(host: string, { name, file, line }: RefusedHostKey): Question {
  return {
    message: `Forget the old key of '${hostName(host)}'?`,
    detail:
      `${cleanLabel(file)}, line ${line}, knows ${cleanLabel(name)} by another key than the one it shows now.\n\n` +
      'This is right if the host was installed anew, or was given new keys, and whoever runs it says so. If nobody did, ' +
      'somebody may stand between you and the host: leave it as it is, and nothing is sent.\n\n' +
      'All keys of this name leave the file. Then the host is connected again, and the fingerprint of its new key is shown to ' +
      'you before anything is sent.',
    button: 'Forget Key and Connect',
  };
}

/** What the forecast says a pause takes from now on, where it can say so. */
function freezeText(migration: Migration): string {
  const said = migration.state.phase === 'precopy' ? outlookFor(migration)?.at({ pause: true }) : undefined;
  return said?.kind === 'finishes' ? `, about ${about(said.freezeMs)} in all` : '';
}

function leftText({ samples }: Migration): string | undefined {
  const sample = samples.at(-1);
  const remaining = sample && remainingBytes(sample);
  if (sample === undefined || remaining === undefined) return undefined;
  const rate = bandwidthBytesPerSecond(sample);
  return `${formatBytes(remaining)} of memory are left${rate === undefined ? '' : ` at ${formatRate(rate)}`}`;
}
