import type { Disposable } from '../../base/disposable.js';

/** Writes down what is now, one write at a time and in order; a burst of changes is one write. */
export class Writer implements Disposable {
  /** The write under way, or the last one. */
  private saving: Promise<void> = Promise.resolve();
  /** The write that waits for it. */
  private queued: Promise<void> | undefined;
  private disposed = false;

  constructor(
    /** Writes what is at that moment. */
    private readonly save: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Resolves once all that has been asked for is written; rejects where that failed. */
  get written(): Promise<void> {
    return this.queued ?? this.saving;
  }

  request(): void {
    if (this.queued !== undefined) return;
    this.queued = this.write();
    // Whoever needs it written waits for it; that it failed is told once.
    this.queued.catch((error: unknown) => {
      if (!this.disposed) this.onError(error);
    });
  }

  dispose(): void {
    this.disposed = true;
  }

  private async write(): Promise<void> {
    await this.saving.catch(() => undefined);
    this.queued = undefined;
    if (this.disposed) return;
    this.saving = this.save();
    await this.saving;
  }
}
