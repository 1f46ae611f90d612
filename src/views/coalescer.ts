import type { Disposable } from '../base/disposable.js';

/** Turns a burst of requests into one run, `delayMs` after the first: a view needs the last state, not every step to it. */
export class Coalescer implements Disposable {
  private timer: NodeJS.Timeout | undefined;
  private gone = false;

  constructor(
    private readonly delayMs: number,
    private readonly run: () => void,
  ) {}

  request(): void {
    if (this.gone) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.run();
    }, this.delayMs);
  }

  dispose(): void {
    this.gone = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
