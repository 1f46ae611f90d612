import { isDeepStrictEqual } from 'node:util';
import { Emitter } from '../base/emitter.js';
import { UserError } from '../base/errors.js';
import type { VirshCommand } from '../virsh/command.js';
import { domainState, domainXml, listUuids } from '../virsh/commands.js';
import type { DomainDescription, StateAndReason, VirshEvent } from '../virsh/domain.js';
import { isGone } from '../virsh/errors.js';
import { ShellDied } from '../virsh/shell.js';
import type { Domain } from './model.js';

type Run = <T>(command: VirshCommand<T>) => Promise<T>;

/** How long a burst of events is gathered before the host is asked: a migration's end sends several at once. */
const gatherMs = 100;

/** The domains of one host, kept up to date: described by their XML, read once, and their state, read when something happens. */
export class DomainSet {
  private readonly map = new Map<string, Domain>();
  private readonly changed = new Emitter<void>();
  private refreshing: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private readonly touched = new Set<string>();
  private listTouched = false;
  private redefined: Set<string> | 'all' = new Set();

  readonly onDidChange = this.changed.event;

  constructor(private readonly run: Run) {}

  get domains(): ReadonlyMap<string, Domain> {
    return this.map;
  }

  /** The domain an event means: events carry only names. */
  byName(name: string): Domain | undefined {
    for (const domain of this.map.values()) if (domain.name === name) return domain;
    return undefined;
  }

  /**
   * Reads the list, every state, and the XML of those not seen before; many lines, one round trip each. `anew` reads every
   * XML again, for what was redefined.
   */
  async refresh(anew = false): Promise<void> {
    if (anew) {
      await this.underWay();
      this.redefined = 'all';
    }
    this.refreshing ??= this.readAll().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /** Follows a lifecycle event: re-reads what it may have changed, several events at a time. */
  follow(event: VirshEvent): Promise<void> {
    const domain = this.byName(event.domainName);
    if (domain === undefined) this.listTouched = true;
    else this.touched.add(domain.uuid);
    if (event.kind === 'lifecycle' && /^(Defined|Undefined)$/.test(event.event)) {
      this.listTouched = true;
      if (domain !== undefined && this.redefined !== 'all') this.redefined.add(domain.uuid);
    }
    this.following ??= new Promise((resolve) => setTimeout(resolve, gatherMs))
      .then(() => this.underWay())
      .then(() => {
        this.following = undefined;
        return this.readTouched();
      });
    return this.following;
  }

  /** What is being read may have been asked before something happened: only what is asked after it tells of that. */
  private underWay(): Promise<void> | undefined {
    return this.refreshing?.catch(() => undefined);
  }

  private async readTouched(): Promise<void> {
    const uuids = [...this.touched];
    const whole = this.listTouched;
    this.touched.clear();
    this.listTouched = false;
    if (whole) return this.refresh();
    const read = await Promise.all(uuids.map(async (uuid) => [uuid, await this.stateOf(uuid)] as const));
    let changed = false;
    for (const [uuid, state] of read) {
      const domain = this.map.get(uuid);
      if (domain === undefined) continue;
      if (state === undefined) changed = this.map.delete(uuid) || changed;
      else changed = this.put({ ...domain, ...state }) || changed;
    }
    if (changed) this.changed.fire();
  }

  private async readAll(): Promise<void> {
    const redefined = this.redefined;
    this.redefined = new Set();
    const uuids = await this.run(listUuids());
    const read = await Promise.all(
      uuids.map((uuid) => {
        const known = this.map.get(uuid);
        const stale = known === undefined || redefined === 'all' || redefined.has(uuid);
        return this.readOne(uuid, stale ? undefined : known);
      }),
    );
    const there = new Set(uuids);
    let changed = false;
    for (const uuid of [...this.map.keys()]) {
      if (!there.has(uuid)) changed = this.map.delete(uuid) || changed;
    }
    for (const domain of read) if (domain !== undefined) changed = this.put(domain) || changed;
    if (changed) this.changed.fire();
  }

  /** Undefined when it has gone between the list and the questions. */
  private async readOne(uuid: string, known: DomainDescription | undefined): Promise<Domain | undefined> {
    const [description, state] = await Promise.all([known ?? this.describe(uuid), this.stateOf(uuid)]);
    return description === undefined || state === undefined ? undefined : { ...description, ...state };
  }

  private describe(uuid: string): Promise<DomainDescription | undefined> {
    return this.read(this.run(domainXml(uuid)), this.map.get(uuid) ?? nameless(uuid));
  }

  private stateOf(uuid: string): Promise<StateAndReason | undefined> {
    return this.read(this.run(domainState(uuid)), { state: 'unknown', reason: undefined });
  }

  /** One domain that can't be read must not hide the others: it is shown as far as it is known. */
  private async read<T>(answer: Promise<T>, fallback: T): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (isGone(error)) return undefined;
      if (error instanceof UserError && !(error instanceof ShellDied)) return fallback;
      throw error;
    }
  }

  private put(domain: Domain): boolean {
    const before = this.map.get(domain.uuid);
    if (before !== undefined && isDeepStrictEqual(before, domain)) return false;
    this.map.set(domain.uuid, domain);
    return true;
  }
}

function nameless(uuid: string): DomainDescription {
  return {
    uuid,
    name: uuid,
    title: undefined,
    memoryBytes: undefined,
    vcpus: undefined,
    platformName: undefined,
    platform: undefined,
    virtType: undefined,
  };
}
