import type { Disposable } from '../base/disposable.js';
import type { HypervisorFleet } from './fleet.js';

/** What survives the window, by key. The editor's own memento has this shape. */
export interface Memory {
  get<T>(key: string, fallback: T): T;
  update(key: string, value: unknown): Thenable<void> | PromiseLike<void>;
}

const key = 'connectedHosts';

/**
 * Remembers which hosts are in use, and connects them again when the editor starts: silently, so that what would need a
 * prompt fails instead. A host is in use from its first successful connect until the user disconnects or removes it; a
 * lost connection does not change that.
 */
export class HostMemory implements Disposable {
  private readonly inUse: Set<string>;
  private readonly subscription: Disposable;

  constructor(
    private readonly fleet: HypervisorFleet,
    private readonly memory: Memory,
  ) {
    this.inUse = new Set(memory.get<readonly string[]>(key, []));
    this.subscription = fleet.onDidChange(() => this.follow());
  }

  /** Connects those used last time, or all of them. */
  connectSilently(which: 'lastUsed' | 'all' | 'none'): void {
    for (const hypervisor of this.fleet.hypervisors) {
      if (which === 'all' || (which === 'lastUsed' && this.inUse.has(hypervisor.config.name)))
        void hypervisor.connect();
    }
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private follow(): void {
    const before = [...this.inUse].join('\n');
    const names = new Set(this.fleet.hypervisors.map((hypervisor) => hypervisor.config.name));
    for (const name of this.inUse) if (!names.has(name)) this.inUse.delete(name);
    for (const { config, status, wanted } of this.fleet.hypervisors) {
      if (status.kind === 'connected') this.inUse.add(config.name);
      else if (!wanted) this.inUse.delete(config.name);
    }
    if ([...this.inUse].join('\n') !== before) void this.memory.update(key, [...this.inUse]);
  }
}
