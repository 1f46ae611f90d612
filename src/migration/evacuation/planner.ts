import { UserError } from '../../base/errors.js';
import type { Fleet, Hypervisor } from '../../hypervisor/model.js';
import type { Migrations } from '../model.js';
import type { Routes } from '../preflight/model.js';
import type { EvacuationPlan, EvacuationRoute } from './model.js';
import type { Candidate, EvacuationSurvey } from './plan.js';
import { surveyCandidates, surveyDomains } from './survey.js';
import { isUsable } from './whereabouts.js';

/** Works out, before anything moves, who would leave a host, where to and by which way. Changes nothing. */
export class EvacuationPlanner {
  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Migrations,
    private readonly routes: Routes,
    private readonly reservedOn: (host: string) => number,
  ) {}

  /** The hosts of the tree that could take domains of `source`, with their room. */
  candidates(source: string): Promise<readonly Candidate[]> {
    const others = this.fleet.hypervisors.filter((host) => host.config.name !== source && isUsable(host));
    return surveyCandidates(others, this.reservedOn);
  }

  /**
   * Asks all hosts what a plan needs to know. Its candidates are `destinations`, or, where there are none named, every host that
   * could take a domain. Rejects with a `UserError` for a host that can't be asked, or can't take any.
   */
  async survey(source: string, destinations: readonly string[] | undefined): Promise<EvacuationSurvey> {
    const from = this.usable(source);
    const named = destinations === undefined ? undefined : [...new Set(destinations)];
    if (named?.length === 0) throw new UserError('No destination was named.', 'Nothing was done.');
    for (const name of named ?? []) {
      if (name === source) throw new UserError(`${source} can't be evacuated to itself.`, 'Name other hosts.');
      this.usable(name);
    }
    const candidates = (await this.candidates(source)).filter(({ name }) => named?.includes(name) ?? true);
    if (candidates.length === 0) {
      throw new UserError(`There is no other host that could take the domains of ${source}.`, 'Add or connect one.');
    }
    return { source, domains: await surveyDomains(from, this.migrations), candidates };
  }

  /** The way to each destination of a plan. */
  async routesOf({ source, moves }: EvacuationPlan): Promise<Readonly<Record<string, EvacuationRoute>>> {
    const destinations = [...new Set(moves.map(({ destination }) => destination))];
    const found = await Promise.all(
      destinations.map(async (destination) => [destination, await this.routeTo(source, destination)] as const),
    );
    return Object.fromEntries(found);
  }

  /** The best way from one host to another. */
  async routeTo(source: string, destination: string): Promise<EvacuationRoute> {
    const [best] = await this.routes.find(source, destination);
    if (best === undefined) throw new UserError(`No way from ${source} to ${destination} is known.`);
    return { destinationUri: best.destinationUri, migrationUri: best.migrationUri };
  }

  private usable(name: string): Hypervisor {
    const host = this.fleet.get(name);
    if (host === undefined) throw new UserError(`There is no host "${name}".`, 'Add it first.');
    if (host.config.readOnly) {
      throw new UserError(`${name} is read-only.`, 'Its entry in the setting libvirt.hosts says so.');
    }
    if (host.status.kind !== 'connected') throw new UserError(`${name} is not connected.`, 'Connect it first.');
    return host;
  }
}
