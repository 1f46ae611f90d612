import type { Disposable } from '../base/disposable.js';

/** A time limit that stands still while a person is being asked. */
export class Deadline implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private asking = 0;
  private onPassed: (() => void) | undefined;

  constructor(private leftMs: number) {}

  /** Calls `onPassed` once, when the time is over. */
  start(onPassed: () => void): void {
    this.onPassed = onPassed;
    this.run();
  }

  /** Waits for `question`, for as long as it takes. */
  async whileAsking<T>(question: Promise<T>): Promise<T> {
    this.asking += 1;
    if (this.asking === 1) this.pause();
    try {
      return await question;
    } finally {
      this.asking -= 1;
      if (this.asking === 0) this.run();
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.onPassed = undefined;
  }

  private run(): void {
    const passed = this.onPassed;
    if (passed === undefined) return;
    this.startedAt = performance.now();
    this.timer = setTimeout(() => {
      this.onPassed = undefined;
      passed();
    }, this.leftMs);
  }

  private pause(): void {
    if (this.onPassed === undefined) return;
    clearTimeout(this.timer);
    this.leftMs = Math.max(0, this.leftMs - (performance.now() - this.startedAt));
  }
}
