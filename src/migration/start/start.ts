import { cleanForLog } from '../../base/cleanText.js';
import { virshErrorOf } from '../../virsh/errors.js';
import type { MigrationState } from '../model.js';
import { abortedText } from './aborted.js';
import type { Told } from '../../virsh/detach.js';
import type { StartedMigration, StartState } from './model.js';
import { type EndState, isEnded, type StartRecord } from './records.js';

/** Past this nobody is about to start it any more: a start takes seconds. */
const startingMs = 60_000;

/** One start as this window knows it: who waits for it, and what is still to be done about it. */
export class Start {
  private current: StartedMigration;
  /** Whether a script that may start it is on its way. */
  sending: boolean;
  /** Whether its end is known, and is being written down. */
  ending = false;
  sent: boolean;
  cleared: boolean;
  /** Whether its end needs telling nobody (any more): told in an earlier window, or by the refusal of `start`. */
  told: boolean;
  /** Whether this window began it. */
  readonly own: boolean;
  private readonly known: Waiters = new Waiters();
  private readonly over: Waiters = new Waiters();

  constructor(record: StartRecord, own: boolean) {
    this.current = record.migration;
    this.sent = record.sent;
    this.cleared = record.cleared;
    this.told = record.told;
    this.own = own;
    this.sending = own;
    this.update(record.migration.state);
  }

  get migration(): StartedMigration {
    return this.current;
  }

  get id(): string {
    return this.current.id;
  }

  get host(): string {
    return this.current.request.source;
  }

  get ended(): boolean {
    return isEnded(this.current.state);
  }

  /** Whether its host has still something to tell, or to be rid of. */
  get pending(): boolean {
    return !this.ended || !this.cleared;
  }

  /** Whether it may be forbidden where it has not begun: nobody but this window, or an earlier one, is at it. */
  mayForbid(nowMs: number): boolean {
    return this.current.state.kind === 'starting' && (this.own || nowMs - this.current.startedAtMs > startingMs);
  }

  /** Whether it should long have begun, or never will. */
  isOverdue(nowMs: number): boolean {
    return nowMs - this.current.startedAtMs > startingMs;
  }

  update(state: StartState): void {
    this.current = { ...this.current, state };
    if (state.kind !== 'starting') this.known.wake();
    if (isEnded(state)) this.over.wake();
  }

  /** Resolves once it is known whether it has begun. */
  whenKnown(): Promise<void> {
    return this.known.wait();
  }

  whenEnded(): Promise<void> {
    return this.over.wait();
  }
}

/** Those who wait for something that happens once. */
class Waiters {
  private wakeAll: () => void = () => undefined;
  private readonly happened = new Promise<void>((resolve) => (this.wakeAll = resolve));

  wake(): void {
    this.wakeAll();
  }

  wait(): Promise<void> {
    return this.happened;
  }
}

/** What the host's answer makes of a start that has not ended; undefined where it changes nothing, or can't be judged by it alone. */
export function stateAfter(told: Told, start: Start, nowMs: number): StartState | undefined {
  switch (told.kind) {
    case 'running':
      return { kind: 'running' };
    case 'ended': {
      const endedAtMs = Math.max(nowMs - told.agoMs, start.migration.startedAtMs);
      if (told.exitCode === 0) return { kind: 'succeeded', endedAtMs };
      return {
        kind: 'failed',
        endedAtMs,
        text: virshWords(told.text) ?? `virsh ended with exit code ${told.exitCode}`,
      };
    }
    case 'never':
      return neverStarted(nowMs);
    case 'died':
      return {
        kind: 'unknown',
        endedAtMs: nowMs,
        text: 'its virsh was killed, or the host restarted, before it could tell how it ended',
      };
    case 'launching':
      return start.isOverdue(nowMs)
        ? { kind: 'unknown', endedAtMs: nowMs, text: 'its host could not write down whether it began' }
        : undefined;
    case 'waiting':
    case 'none':
      return undefined;
  }
}

/** What the end of its migration, as both hosts told it, makes of a start whose virsh can't tell; undefined where they did not either. */
export function endAfter(migration: MigrationState | undefined): EndState | undefined {
  const endedAtMs = migration?.endedAtMs;
  if (endedAtMs === undefined) return undefined;
  switch (migration?.outcome?.kind) {
    case 'completed':
      return { kind: 'succeeded', endedAtMs };
    case 'failed':
      return { kind: 'failed', endedAtMs, text: migration.outcome.reason };
    case 'aborted':
      return { kind: 'failed', endedAtMs, text: abortedText };
    case 'endedWithoutCompleting':
    case 'lost':
    case undefined:
      return undefined;
  }
}

export function neverStarted(nowMs: number): EndState {
  return { kind: 'failed', endedAtMs: nowMs, text: 'it was never started: the connection was lost before' };
}

/** What of virsh's output tells why: its own lines, else the last of what was to start it. */
function virshWords(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /^error: ?/.test(line));
  const own = errors.length === 0 ? undefined : virshErrorOf(errors.join('\n'));
  const last = lines.at(-1);
  return own ?? (last === undefined ? undefined : cleanForLog(last.trim()));
}
