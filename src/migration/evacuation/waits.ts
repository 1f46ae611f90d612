import { type Disposable, Disposables } from '../../base/disposable.js';

/** The waits of something that may be let go of: all of them end with it. */
export class Waits implements Disposable {
  private readonly open = new Set<() => void>();

  /** Waits for one of the events that `subscribe` listens to, `limitMs` at most, or until this is disposed. */
  pause(limitMs: number, subscribe: (wake: () => void) => readonly Disposable[]): Promise<void> {
    return new Promise((resolve) => {
      const wait = new Disposables();
      const wake = (): void => {
        this.open.delete(wake);
        wait.dispose();
        resolve();
      };
      this.open.add(wake);
      const timer = setTimeout(wake, limitMs);
      wait.add({ dispose: () => clearTimeout(timer) });
      for (const subscription of subscribe(wake)) wait.add(subscription);
    });
  }

  dispose(): void {
    for (const wake of this.open) wake();
  }
}
