import { isDeepStrictEqual } from 'node:util';
import type { Disposable } from '../base/disposable.js';
import { Emitter } from '../base/emitter.js';
import type { Fleet, HostConfig } from './model.js';
import type { VirshHypervisor } from './hypervisor.js';
import type { WakeSign } from './wakeWatch.js';

/** The hosts of the setting as live models: those that stay keep their connection when others come and go. */
export class HypervisorFleet implements Fleet, Disposable {
  private list: VirshHypervisor[] = [];
  private readonly changed = new Emitter<void>();
  private readonly added = new Emitter<VirshHypervisor>();
  private readonly removed = new Emitter<VirshHypervisor>();

  readonly onDidChange = this.changed.event;
  readonly onDidAdd = this.added.event;
  readonly onDidRemove = this.removed.event;

  constructor(private readonly create: (config: HostConfig) => VirshHypervisor) {}

  get hypervisors(): readonly VirshHypervisor[] {
    return this.list;
  }

  get(name: string): VirshHypervisor | undefined {
    return this.list.find((hypervisor) => hypervisor.config.name === name);
  }

  /** Has every host see whether it is still there, or there again. */
  wake(sign: WakeSign): void {
    for (const hypervisor of this.list) hypervisor.wake(sign);
  }

  /** Makes the fleet be these hosts, in this order. One whose entry changed is another host. */
  configure(configs: readonly HostConfig[]): void {
    const before = this.list;
    this.list = configs.map(
      (config) => before.find((hypervisor) => isDeepStrictEqual(hypervisor.config, config)) ?? this.create(config),
    );
    for (const gone of before.filter((hypervisor) => !this.list.includes(hypervisor))) {
      this.removed.fire(gone);
      gone.dispose();
    }
    for (const fresh of this.list.filter((hypervisor) => !before.includes(hypervisor))) {
      this.follow(fresh);
      this.added.fire(fresh);
    }
    this.changed.fire();
  }

  /** Where one host was lost, what leads to it may be, and to others: they are asked, instead of waited for. */
  private follow(hypervisor: VirshHypervisor): void {
    let wasConnected = false;
    hypervisor.onDidChange(() => {
      const { kind } = hypervisor.status;
      const isLost = wasConnected && kind === 'reconnecting';
      wasConnected = kind === 'connected';
      if (isLost) for (const other of this.list) other.probe();
      this.changed.fire();
    });
  }

  dispose(): void {
    for (const hypervisor of this.list.splice(0)) hypervisor.dispose();
    this.changed.dispose();
    this.added.dispose();
    this.removed.dispose();
  }
}
