import { messageOf, UserError } from '../base/errors.js';
import type { Hypervisor } from '../hypervisor/model.js';
import type { VirshCommand } from '../virsh/command.js';
import {
  abortJob,
  domainState,
  getCompressionCache,
  getMaxDowntime,
  getPostcopySpeed,
  getSpeed,
  interruptPostcopy,
  jobInfo,
  resumeDomain,
  setCompressionCache,
  setMaxDowntime,
  setPostcopySpeed,
  setSpeed,
  startPostcopy,
  suspendDomain,
} from '../virsh/commands.js';
import { hasNoJob, isGone } from '../virsh/errors.js';
import { cacheText, valueText } from './changes.js';
import type { Action } from './model.js';
import { sightOf } from './phase.js';

export const bytesPerMiB = 2 ** 20;

/** Those that are one line of virsh. */
export type SentAction = Exclude<Action, { kind: 'resumePostcopy' }>;

/** What one action sends, how its effect is read back, and what is said of it. */
export interface Step {
  readonly label: string;
  readonly command: VirshCommand<unknown>;
  /** Asks what is in force now. Resolves with the answer for the log, rejects with a `UserError` when it is not as asked. */
  readonly readBack: () => Promise<string>;
}

export function stepOf(hypervisor: Hypervisor, uuid: string, name: string, action: SentAction): Step {
  const host = hypervisor.config.name;
  switch (action.kind) {
    case 'setSpeed':
      return {
        label: `Speed ${valueText('speed', action.speedMiBps)}`,
        command: setSpeed(uuid, action.speedMiBps),
        readBack: async () => {
          const now = await unlessGone(hypervisor.run(asAction(getSpeed(uuid))));
          if (now === undefined) return `speed ${valueText('speed', action.speedMiBps)} was accepted; ${isGoneNow}`;
          if (valueText('speed', now) !== valueText('speed', action.speedMiBps)) {
            throw new UserError(
              `${host}: the speed limit of ${name} is ${valueText('speed', now)} after setting ${valueText('speed', action.speedMiBps)}.`,
            );
          }
          return `the speed limit is now ${valueText('speed', now)}`;
        },
      };
    case 'setPostcopySpeed':
      return {
        label: `Post-copy speed ${valueText('postcopySpeed', action.speedMiBps)}`,
        command: setPostcopySpeed(uuid, action.speedMiBps),
        readBack: async () => {
          const set = valueText('postcopySpeed', action.speedMiBps);
          const found = await unlessGone(hypervisor.run(asAction(getPostcopySpeed(uuid))));
          if (found === undefined) return `post-copy speed ${set} was accepted; ${isGoneNow}`;
          const now = valueText('postcopySpeed', found);
          if (now !== set)
            throw new UserError(`${host}: the post-copy speed of ${name} is ${now} after setting ${set}.`);
          return `the post-copy speed is now ${now}`;
        },
      };
    case 'setCompressionCache':
      return {
        label: `Compression cache ${cacheText(action.cacheMiB)}`,
        command: setCompressionCache(uuid, Math.round(action.cacheMiB * bytesPerMiB)),
        readBack: async () => {
          const set = cacheText(action.cacheMiB);
          const bytes = await unlessGone(hypervisor.run(asAction(getCompressionCache(uuid))));
          if (bytes === undefined) return `compression cache ${set} was accepted; ${isGoneNow}`;
          const now = cacheText(bytes / bytesPerMiB);
          if (now !== set)
            throw new UserError(`${host}: the compression cache of ${name} is ${now} after setting ${set}.`);
          return `the compression cache is now ${now}`;
        },
      };
    case 'setMaxDowntime':
      return {
        label: `Max downtime ${action.downtimeMs} ms`,
        command: setMaxDowntime(uuid, action.downtimeMs),
        readBack: async () => {
          if (hypervisor.capabilities?.maxDowntimeReadable !== true) {
            return `max downtime ${action.downtimeMs} ms was accepted; this libvirt can't read it back`;
          }
          const now = await unlessGone(hypervisor.run(asAction(getMaxDowntime(uuid))));
          if (now === undefined) return `max downtime ${action.downtimeMs} ms was accepted; ${isGoneNow}`;
          if (now !== action.downtimeMs) {
            throw new UserError(`${host}: max downtime of ${name} is ${now} ms after setting ${action.downtimeMs} ms.`);
          }
          return `max downtime is now ${now} ms`;
        },
      };
    case 'pause':
      return {
        label: 'Paused the guest',
        command: suspendDomain(uuid),
        readBack: () => stateAfter(hypervisor, uuid, 'paused', 'the guest is paused while its memory is copied'),
      };
    case 'resume':
      return {
        label: 'Resumed the guest',
        command: resumeDomain(uuid),
        readBack: () => stateAfter(hypervisor, uuid, 'running', 'the guest runs'),
      };
    case 'switchToPostcopy':
      return {
        label: 'Switched to post-copy',
        command: startPostcopy(uuid),
        readBack: () => Promise.resolve('the guest switches to its destination; there is no way back'),
      };
    case 'interruptPostcopy':
      return {
        label: 'Interrupted post-copy',
        command: interruptPostcopy(uuid),
        readBack: () => Promise.resolve('the guest stands still until its migration is resumed'),
      };
    case 'abort':
      return {
        label: 'Aborted',
        command: abortJob(uuid),
        readBack: () => jobAfterAbort(hypervisor, uuid),
      };
  }
}

const isGoneNow = 'the domain does not run on this host any more';

/** What is set may end the migration, before the question what is in force comes: undefined then. */
function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (hasNoJob(error)) return undefined;
    throw error;
  });
}

async function stateAfter(
  hypervisor: Hypervisor,
  uuid: string,
  wanted: 'paused' | 'running',
  text: string,
): Promise<string> {
  try {
    const { state, reason } = await hypervisor.run(asAction(domainState(uuid)));
    if (state === wanted) return text;
    // A paused guest leaves quickly: it may have switched over before the question came.
    if (state === 'shutOff' && reason === 'migrated') return 'the guest has left this host: its migration is complete';
    const now = state === 'shutOff' ? 'shut off' : state;
    throw new UserError(
      `${hypervisor.config.name}: the domain is ${now}${reason === undefined ? '' : ` (${reason})`}, not ${wanted}.`,
    );
  } catch (error) {
    if (isGone(error)) return 'the guest is not on this host any more';
    throw error;
  }
}

async function jobAfterAbort(hypervisor: Hypervisor, uuid: string): Promise<string> {
  const raw = hypervisor.capabilities?.rawStats ?? false;
  try {
    const job = await hypervisor.run(asAction(jobInfo(uuid, { raw })));
    return sightOf(job) === 'outgoing' ? 'libvirt is cancelling the migration' : 'the migration is cancelled';
  } catch (error) {
    // It was carried out, and can't be undone by a question that gets no answer.
    return `libvirt took the abort; whether the job is gone already can't be read (${messageOf(error)})`;
  }
}

/** What was done is read back beside it: the samples' virsh may hang, which is often why something is done. */
export function asAction<T>(command: VirshCommand<T>): VirshCommand<T> {
  return { ...command, lane: 'action' };
}
