import { messageOf } from '../../base/errors.js';
import type { Domain, Hypervisor } from '../../hypervisor/model.js';
import { domainNeeds, persistentUuids } from '../../virsh/hostCommands.js';
import { availableBytes, memoryOf } from '../hostMemory.js';
import { isMigratable } from '../migratable.js';
import type { Migrations } from '../model.js';
import { type Candidate, type SurveyedDomain } from './plan.js';

/** Looks at every domain of a host, as far as placing them goes. Changes nothing; what can't be told of one is its problem. */
export async function surveyDomains(source: Hypervisor, migrations: Migrations): Promise<readonly SurveyedDomain[]> {
  await source.refresh();
  const persistent = await source.run(persistentUuids());
  const { name } = source.config;
  return Promise.all(
    [...source.domains.values()].map(async (domain): Promise<SurveyedDomain> => {
      const { uuid, state, reason, memoryBytes } = domain;
      return {
        uuid,
        name: domain.name,
        state,
        reason,
        memoryBytes,
        persistent: persistent.has(uuid),
        migrating: migrations.running(name, uuid) !== undefined,
        ...(await whatHolds(source, domain)),
      };
    }),
  );
}

/** How much room each candidate has. One that does not tell is listed without a figure. */
export function surveyCandidates(
  hosts: readonly Hypervisor[],
  reservedOn: (host: string) => number,
): Promise<readonly Candidate[]> {
  return Promise.all(
    hosts.map(async (host): Promise<Candidate> => {
      const { name } = host.config;
      const freeBytes = await memoryOf(host).then(availableBytes, () => undefined);
      return { name, freeBytes, reservedBytes: reservedOn(name) };
    }),
  );
}

/** Only those that would go are looked into: the XML of one that stays anyway costs a question each. */
async function whatHolds(source: Hypervisor, domain: Domain): Promise<Pick<SurveyedDomain, 'held' | 'problem'>> {
  if (!isMigratable(domain)) return { held: undefined, problem: undefined };
  try {
    const { obstacles } = await source.run(domainNeeds(domain.uuid, { migratable: false }));
    return { held: obstacles.find(({ certain }) => certain)?.what, problem: undefined };
  } catch (error) {
    return { held: undefined, problem: `it can’t be looked at: ${messageOf(error)}` };
  }
}
