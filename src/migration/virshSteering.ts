import { messageOf, UserError } from '../base/errors.js';
import type { Fleet, Hypervisor } from '../hypervisor/model.js';
import { domainState, getCompressionCache, getMaxDowntime, getPostcopySpeed, getSpeed } from '../virsh/commands.js';
import { virshLine } from '../virsh/quote.js';
import { isGone } from '../virsh/errors.js';
import type { OwnValues } from './changes.js';
import type { Ending } from './ending.js';
import type { Action } from './model.js';
import { isInPostcopy } from './phase.js';
import type { MigrationRegistry } from './registry.js';
import { asAction, bytesPerMiB, type SentAction, stepOf } from './steps.js';
import type { PostcopyResumer, Steering } from './steering.js';
import type { TrackedMigration } from './trackedMigration.js';

/** Steers by virsh, from one place: checks, sends, reads back, marks. */
export class VirshSteering implements Steering {
  constructor(
    private readonly fleet: Fleet,
    private readonly registry: MigrationRegistry,
    private readonly ending: Ending,
    private readonly resumer?: PostcopyResumer,
  ) {}

  async perform(host: string, domainUuid: string, asked: Action): Promise<string> {
    const hypervisor = this.hypervisorFor(host, domainUuid);
    const name = hypervisor.domains.get(domainUuid)?.name ?? domainUuid;
    const migration = this.registry.running(host, domainUuid);
    const action = inItsPhase(asked, migration);
    if (action.kind === 'resume' && migration !== undefined) refuseResume(host, name, migration);
    if (action.kind === 'resumePostcopy') return this.resumePostcopy(hypervisor, migration, name, action);
    const step = stepOf(hypervisor, domainUuid, name, action);
    const line = virshLine(step.command.args);
    let before: number | undefined;
    let expected: ReturnType<OwnValues['expect']> | undefined;
    const ownPause = action.kind === 'pause' ? migration?.pauses.expect() : undefined;
    try {
      // Noted before it is sent: the job may vanish before the answer arrives.
      if (action.kind === 'abort' && migration !== undefined) this.ending.noteAbort(migration);
      before = await this.valueBefore(hypervisor, domainUuid, action);
      expected = migration?.ownValues.expect(action);
      await hypervisor.run(step.command);
    } catch (error) {
      expected?.failed();
      ownPause?.failed();
      if (action.kind === 'abort' && migration !== undefined) this.ending.forgetAbort(migration);
      mark(migration, action, step.label, { line, answer: messageOf(error), failed: true, before });
      throw error;
    }
    // libvirt took it: whatever the reading back says, what comes of it is ours.
    expected?.done();
    try {
      const answer = await step.readBack();
      mark(migration, action, step.label, { line, answer, failed: false, before });
      return `${name}: ${answer}`;
    } catch (error) {
      mark(migration, action, step.label, { line, answer: messageOf(error), failed: true, before });
      throw error;
    }
  }

  /** Started as a migration is, so that it outlives this connection; the watcher sees it go on. */
  private async resumePostcopy(
    hypervisor: Hypervisor,
    migration: TrackedMigration | undefined,
    name: string,
    action: Extract<Action, { kind: 'resumePostcopy' }>,
  ): Promise<string> {
    const { config } = hypervisor;
    if (migration?.state.phase !== 'postcopyInterrupted') {
      throw new UserError(`${config.name}: the migration of ${name} is not interrupted in post-copy.`);
    }
    if (this.resumer === undefined) throw new UserError(`${config.name}: nothing here can start a migration.`);
    const label = 'Resumed post-copy';
    const prepared = await this.resumer.prepare(migration, action);
    const { line } = prepared;
    try {
      const { failed } = await prepared.start();
      await untilResumed(hypervisor, migration.domainUuid, name, failed);
      const answer = 'its memory is fetched again, and the guest goes on';
      mark(migration, action, label, { line, answer, failed: false, before: undefined });
      return `${name}: ${answer}`;
    } catch (error) {
      mark(migration, action, label, { line, answer: messageOf(error), failed: true, before: undefined });
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

  /** What is in force now, so that it can be brought back. Undefined where the action sets nothing, or nobody can tell. */
  private async valueBefore(hypervisor: Hypervisor, uuid: string, { kind }: SentAction): Promise<number | undefined> {
    try {
      if (kind === 'setSpeed') return await hypervisor.run(asAction(getSpeed(uuid)));
      if (kind === 'setPostcopySpeed') return await hypervisor.run(asAction(getPostcopySpeed(uuid)));
      if (kind === 'setCompressionCache') {
        return (await hypervisor.run(asAction(getCompressionCache(uuid)))) / bytesPerMiB;
      }
      if (kind === 'setMaxDowntime' && hypervisor.capabilities?.maxDowntimeReadable === true) {
        return await hypervisor.run(asAction(getMaxDowntime(uuid)));
      }
    } catch {
      // The action itself tells what is wrong.
    }
    return undefined;
  }
}

/** How long both hosts may take to connect again. */
const resumeGraceMs = 20_000;
const resumePollMs = 500;

/**
 * Waits until the source says that post-copy goes on. It may not, although nothing is refused: a destination whose QEMU itself waits
 * for a page that is missing answers nobody (seen on 7.2, of a guest interrupted a moment after its switch).
 */
async function untilResumed(
  hypervisor: Hypervisor,
  uuid: string,
  name: string,
  failed: Promise<string>,
): Promise<void> {
  const { name: host } = hypervisor.config;
  const deadlineMs = performance.now() + resumeGraceMs;
  let text: string | undefined;
  void failed.then((words) => (text = words));
  for (;;) {
    const state = await hypervisor.run(asAction(domainState(uuid))).catch((error: unknown) => {
      // It may be over already.
      if (isGone(error)) return undefined;
      throw error;
    });
    if (state?.reason !== 'post-copy failed') return;
    if (text !== undefined) throw new UserError(`${host}: the post-copy of ${name} was not resumed: ${text}.`);
    if (performance.now() > deadlineMs) {
      throw new UserError(
        `${host}: the post-copy of ${name} was started again, but does not go on.`,
        'Its virsh still waits for the destination. See whether the hosts reach each other, and whether the guest’s QEMU still answers there: one that itself waits for a missing page never does.',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, resumePollMs));
  }
}

/** The plain speed has no effect in post-copy, which has one of its own: that one is meant then. */
function inItsPhase(action: Action, migration: TrackedMigration | undefined): Action {
  return action.kind === 'setSpeed' && migration !== undefined && isInPostcopy(migration.state)
    ? { kind: 'setPostcopySpeed', speedMiBps: action.speedMiBps }
    : action;
}

/**
 * `virsh resume` needs the domain's MODIFY job, which the migration holds: it would block until the migration is over, 30 s
 * at most, and then fail (seen on 9.0). Suspending has a job of its own and is let through.
 */
function refuseResume(host: string, name: string, { source, state }: TrackedMigration): void {
  const sentence = `${host}: libvirt can't resume ${name} while its migration runs.`;
  // On both hosts: neither half is a guest.
  if (isInPostcopy(state)) {
    throw new UserError(
      sentence,
      'Half of its memory is on the other host. Where the post-copy was interrupted, resume that: Libvirt: Resume Post-Copy of Migration.',
    );
  }
  if (source !== host) return;
  throw new UserError(
    sentence,
    'libvirt resumes it by itself when the migration ends. To have it run here again now, abort the migration; to have it run on the destination now, switch to post-copy, if it was started with --postcopy.',
  );
}

interface Done {
  readonly line: string;
  readonly answer: string;
  readonly failed: boolean;
  readonly before: number | undefined;
}

function mark(migration: TrackedMigration | undefined, action: Action, label: string, done: Done): void {
  if (migration === undefined) return;
  const { line, answer, failed, before } = done;
  const atMs = Date.now();
  const elapsedMs = Math.max(atMs - migration.startedAtMs, migration.lastSample?.elapsedMs ?? 0);
  migration.addMark({
    kind: 'action',
    atMs,
    elapsedMs,
    action: action.kind,
    label,
    virshLine: line,
    answer,
    failed,
    ...(before === undefined ? {} : { before }),
  });
}
