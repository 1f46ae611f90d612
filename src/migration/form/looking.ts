import type { Disposable } from '../../base/disposable.js';
import type { Fleet } from '../../hypervisor/model.js';
import type { Preflight } from '../preflight/model.js';
import type { MigrationRequest } from '../start/model.js';
import type { FormEvent } from './state.js';

export interface LookingOptions {
  readonly fleet: Pick<Fleet, 'get'>;
  readonly preflight: Preflight;
  /** What the form asks for now; undefined while that is nothing to look at. */
  readonly request: () => MigrationRequest | undefined;
  /** What was found. */
  readonly tell: (event: FormEvent) => void;
}

/** What is found out on both hosts for a form: by the pre-flight, and while the form is read after it, by watching its guest. */
export class Looking implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private abort: AbortController | undefined;
  /** For which request the pre-flight ran, or runs, the last time. */
  private lookedAt: string | undefined;

  constructor(private readonly options: LookingOptions) {}

  /** Nobody looks: it was given up, or has not begun. */
  get isOver(): boolean {
    return this.abort === undefined;
  }

  /** Whether the last pre-flight was of this: the rest of a request changes what to expect, which Check works out anew. */
  isOf(request: MigrationRequest): boolean {
    return this.keyOf(request) === this.lookedAt;
  }

  /** Has the pre-flight run after `delayMs`, of what the form asks for by then. */
  begin(request: MigrationRequest, delayMs: number): void {
    this.stop();
    this.lookedAt = this.keyOf(request);
    this.timer = setTimeout(() => void this.run(), delayMs);
  }

  /** The form stays open, and what was found stands: its guest is watched on. */
  watchOn(): void {
    const request = this.options.request();
    if (request === undefined) return;
    this.abort = new AbortController();
    void this.options.preflight.watchGuest(request, this.abort.signal);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = undefined;
  }

  /** As `stop`; what was looked at is to be looked at again. */
  forget(): void {
    this.stop();
    this.lookedAt = undefined;
  }

  dispose(): void {
    this.stop();
  }

  private async run(): Promise<void> {
    const { preflight, tell } = this.options;
    const request = this.options.request();
    if (request === undefined) return;
    const abort = new AbortController();
    this.abort = abort;
    const report = await preflight.run(
      request,
      (check) => {
        if (!abort.signal.aborted) tell({ type: 'checked', check });
      },
      abort.signal,
    );
    if (abort.signal.aborted) return;
    tell({ type: 'report', report, options: request.options });
    // The form is read now, and nothing in it waits for this.
    await preflight.watchGuest(request, abort.signal);
  }

  private keyOf({ destination, destinationUri, migrationUri, options }: MigrationRequest): string {
    const { storage, tls, p2p, live } = options;
    const isThere = destination !== undefined && this.options.fleet.get(destination)?.status.kind === 'connected';
    return JSON.stringify([destination, isThere, destinationUri, migrationUri, storage, tls, p2p, live]);
  }
}
