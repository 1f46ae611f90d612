import type { Disposable } from './disposable.js';

/** Subscribes `listener`; disposing what it returns unsubscribes it. The editor's own event shape. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** A typed event source. */
export class Emitter<T> implements Disposable {
  private readonly listeners = new Set<(value: T) => void>();

  readonly event: Event<T> = (listener) => {
    // Wrapped, so that the same function subscribed twice is two subscriptions.
    const own = (value: T): void => listener(value);
    this.listeners.add(own);
    return { dispose: () => this.listeners.delete(own) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  dispose(): void {
    this.listeners.clear();
  }
}
