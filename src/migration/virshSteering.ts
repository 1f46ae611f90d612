import { messageOf, UserError } from '../base/errors.js';
import type { Fleet, Hypervisor } from '../hypervisor/model.js';
import type { VirshCommand } from '../virsh/command.js';
import {
  abortJob,
  domainState,
  getMaxDowntime,
  getSpeed,
  jobInfo,
  resumeDomain,
  setMaxDowntime,
  setSpeed,
  startPostcopy,
  suspendDomain,
} from '../virsh/commands.js';
import { virshLine } from '../virsh/quote.js';
import { isGone } from '../virsh/errors.js';
import type { Ending } from './ending.js';
import type { Action } from './model.js';
import { sightOf } from './phase.js';
import type { MigrationRegistry } from './registry.js';
import type { Steering } from './steering.js';
import type { TrackedMigration } from './trackedMigration.js';

/** libvirt's "no limit": the largest 64-bit count of bytes, in whole MiB; a host answers it for 0, too. */
export const unlimitedMiBps = 8_796_093_022_207;

/** What one action sends, how its effect is read back, and what is said of it. */
interface Step {
  readonly label: string;
  readonly command: VirshCommand<unknown>;
  /** Asks what is in force now. Resolves with the answer for the log, rejects with a `UserError` when it is not as asked. */
  readonly readBack: () => Promise<string>;
}

/** Steers by virsh, from one place: checks, sends, reads back, marks. */
export class VirshSteering implements Steering {
  constructor(
    private readonly fleet: Fleet,
    private readonly registry: MigrationRegistry,
    private readonly ending: Ending,
  ) {}

  async perform(host: string, domainUuid: string, action: Action): Promise<string> {
    const hypervisor = this.hypervisorFor(host, domainUuid);
    const name = hypervisor.domains.get(domainUuid)?.name ?? domainUuid;
    const migration = this.registry.running(host, domainUuid);
    if (action.kind === 'resume' && migration?.source === host) throw resumeBlocked(host, name);
    const step = this.stepOf(hypervisor, domainUuid, name, action);
    const line = virshLine(step.command.args);
    try {
      // Noted before it is sent: the job may vanish before the answer arrives.
      if (action.kind === 'abort' && migration !== undefined) this.ending.noteAbort(migration);
      await hypervisor.run(step.command);
      const answer = await step.readBack();
      mark(migration, action, step.label, line, answer, false);
      return `${name}: ${answer}`;
    } catch (error) {
      if (action.kind === 'abort' && migration !== undefined) this.ending.forgetAbort(migration);
      mark(migration, action, step.label, line, messageOf(error), true);
      throw error;
    }
  }

  private hypervisorFor(host: string, domainUuid: string): Hypervisor {
    const hypervisor = this.fleet.get(host);
    if (hypervisor === undefined) throw new UserError(`There is no host "${host}".`);
    if (hypervisor.config.readOnly) {
      throw new UserError(`${host} is read-only here.`, 'Its entry in the setting libvirt.hosts says so.');
    }
    if (hypervisor.status.kind !== 'connected') throw new UserError(`${host} is not connected.`, 'Connect it first.');
    if (!hypervisor.domains.has(domainUuid)) throw new UserError(`${host} has no such domain.`, 'Refresh the host.');
    return hypervisor;
  }

  private stepOf(hypervisor: Hypervisor, uuid: string, name: string, action: Action): Step {
    const host = hypervisor.config.name;
    switch (action.kind) {
      case 'setSpeed':
        return {
          label: `Speed ${speedText(action.speedMiBps)}`,
          command: setSpeed(uuid, action.speedMiBps),
          readBack: async () => {
            const now = await hypervisor.run(getSpeed(uuid));
            if (now !== action.speedMiBps && !(isUnlimited(action.speedMiBps) && isUnlimited(now))) {
              throw new UserError(
                `${host}: the speed limit of ${name} is ${speedText(now)} after setting ${speedText(action.speedMiBps)}.`,
              );
            }
            return `the speed limit is now ${speedText(now)}`;
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
            const now = await hypervisor.run(getMaxDowntime(uuid));
            if (now !== action.downtimeMs) {
              throw new UserError(
                `${host}: max downtime of ${name} is ${now} ms after setting ${action.downtimeMs} ms.`,
              );
            }
            return `max downtime is now ${now} ms`;
          },
        };
      case 'pause':
        return {
          label: 'Paused the guest',
          command: suspendDomain(uuid),
          readBack: () => this.stateAfter(hypervisor, uuid, 'paused', 'the guest is paused while its memory is copied'),
        };
      case 'resume':
        return {
          label: 'Resumed the guest',
          command: resumeDomain(uuid),
          readBack: () => this.stateAfter(hypervisor, uuid, 'running', 'the guest runs'),
        };
      case 'switchToPostcopy':
        return {
          label: 'Switched to post-copy',
          command: startPostcopy(uuid),
          readBack: () => Promise.resolve('the guest switches to its destination; there is no way back'),
        };
      case 'abort':
        return {
          label: 'Aborted',
          command: abortJob(uuid),
          readBack: () => this.jobAfterAbort(hypervisor, uuid),
        };
    }
  }

  private async stateAfter(
    hypervisor: Hypervisor,
    uuid: string,
    wanted: 'paused' | 'running',
    text: string,
  ): Promise<string> {
    try {
      const { state, reason } = await hypervisor.run(domainState(uuid));
      // A paused guest leaves quickly: it may have switched over before the question came.
      if (state === wanted || state === 'shutOff') return text;
      throw new UserError(
        `${hypervisor.config.name}: the domain is ${state}${reason === undefined ? '' : ` (${reason})`}, not ${wanted}.`,
      );
    } catch (error) {
      if (isGone(error)) return 'the guest has left this host: its migration is complete';
      throw error;
    }
  }

  private async jobAfterAbort(hypervisor: Hypervisor, uuid: string): Promise<string> {
    const raw = hypervisor.capabilities?.rawStats ?? false;
    const job = await hypervisor.run(jobInfo(uuid, { raw }));
    return sightOf(job) === 'outgoing' ? 'libvirt is cancelling the migration' : 'the migration is cancelled';
  }
}

/**
 * `virsh resume` needs the domain's MODIFY job, which the migration holds: it would block until the migration is over, 30 s
 * at most, and then fail (seen on 9.0). Suspending has a job of its own and is let through.
 */
function resumeBlocked(host: string, name: string): UserError {
  return new UserError(
    `${host}: libvirt can't resume ${name} while its migration runs.`,
    'libvirt resumes it by itself when the migration ends. To have it run here again now, abort the migration; to have it run on the destination now, switch to post-copy, if it was started with --postcopy.',
  );
}

function isUnlimited(speedMiBps: number): boolean {
  return speedMiBps === 0 || speedMiBps >= unlimitedMiBps;
}

function speedText(speedMiBps: number): string {
  return isUnlimited(speedMiBps) ? 'unlimited' : `${speedMiBps} MiB/s`;
}

function mark(
  migration: TrackedMigration | undefined,
  action: Action,
  label: string,
  virshLineSent: string,
  answer: string,
  failed: boolean,
): void {
  if (migration === undefined) return;
  const atMs = Date.now();
  const elapsedMs = Math.max(atMs - migration.startedAtMs, migration.lastSample?.elapsedMs ?? 0);
  migration.addMark({
    kind: 'action',
    atMs,
    elapsedMs,
    action: action.kind,
    label,
    virshLine: virshLineSent,
    answer,
    failed,
  });
}
