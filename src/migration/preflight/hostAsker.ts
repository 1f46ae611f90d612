import { Limiter } from '../../base/limiter.js';
import type { Hypervisor } from '../../hypervisor/model.js';
import type { VirshCommand } from '../../virsh/command.js';
import type { ShellScript } from '../../virsh/script.js';
import { type Fact, factOf, untold } from './fact.js';

/** Scripts of ours on one host at once: each takes a session, and an sshd that refuses one costs the host its event stream. */
const scriptsAtOnce = 3;
/** Shared by all pre-flights of a host: an evacuation has several under way, and the sessions are the host's. */
const limiters = new WeakMap<Hypervisor, Limiter>();

/** Asks one host, and never rejects: what can't be asked is a fact that says why. */
export class HostAsker {
  private readonly scripts: Limiter;

  constructor(
    private readonly host: Hypervisor | undefined,
    /** As it is called where it is no host of the tree. */
    readonly name: string,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.scripts = (host === undefined ? undefined : limiters.get(host)) ?? new Limiter(scriptsAtOnce);
    if (host !== undefined) limiters.set(host, this.scripts);
  }

  virsh<T>(command: VirshCommand<T>): Promise<Fact<T>> {
    return this.ask((host) => host.run(command));
  }

  /** `make` is called when its turn has come: a question may depend on when it is asked. */
  sh<T>(make: (host: Hypervisor) => ShellScript<T>): Promise<Fact<T>> {
    return this.scripts.run(() => this.ask((host) => host.sh(make(host))));
  }

  /** For what a question needs that is known of the host already. */
  async ask<T>(question: (host: Hypervisor) => Promise<T>): Promise<Fact<T>> {
    if (this.host === undefined) return untold(`${this.name} is not a host of the tree`);
    if (this.host.status.kind !== 'connected') return untold(`${this.name} is not connected`);
    if (this.signal?.aborted === true) return untold('the pre-flight was given up');
    const { host } = this;
    // A question that can't even be put, as one with a newline in it, is one that can't be answered.
    return factOf(Promise.resolve().then(() => question(host)));
  }
}
