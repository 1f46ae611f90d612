import { cleanLabel } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';
import type { Fleet, Hypervisor } from '../hypervisor/model.js';
import type { Migration, Migrations } from '../migration/model.js';
import type { TargetArguments } from './arguments.js';
import { HostFailed } from './hostFailed.js';

/** A domain on a host, and the running migration it takes part in, if one is known. */
export interface Target {
  /** The migration's source, where it is steered, even if its destination was named. */
  readonly host: string;
  readonly uuid: string;
  readonly name: string;
  readonly migration: Migration | undefined;
}

/** What the arguments mean: one thing, or several to choose from. */
export type Found = { readonly kind: 'one'; readonly target: Target } | Choice;
export interface Choice {
  readonly kind: 'choose';
  readonly migrations: readonly Migration[];
}

/** Finds what a command is about. Throws a `UserError` when there is no such thing. */
export function findTarget(fleet: Fleet, migrations: Migrations, named: TargetArguments): Found {
  if (named.migration !== undefined) return one(migrationTarget(knownMigration(migrations, named.migration)));
  if (named.host !== undefined && named.domain !== undefined) {
    return one(domainTarget(knownHost(fleet, named.host), named.domain, migrations));
  }
  const running = migrations.all.filter((migration) => matches(migration, named));
  const [first, ...more] = running;
  if (first === undefined) throw nothing(named);
  return more.length === 0 ? one(migrationTarget(first)) : { kind: 'choose', migrations: running };
}

export function knownHost(fleet: Fleet, name: string): Hypervisor {
  const hypervisor = fleet.get(name);
  if (hypervisor === undefined) throw new UserError(`There is no host "${cleanLabel(name)}".`, 'Add it first.');
  return hypervisor;
}

export function knownMigration(migrations: Migrations, id: string): Migration {
  const migration = migrations.get(id);
  if (migration === undefined) throw new UserError('This migration is not known any more.');
  return migration;
}

/** A migration's own target; of one that has ended nothing runs. */
export function migrationTarget(migration: Migration): Target {
  const running = migration.state.outcome === undefined;
  return {
    host: running ? migration.source : (migration.state.leftPausedOn ?? migration.source),
    uuid: migration.domainUuid,
    name: migration.domainName,
    migration: running ? migration : undefined,
  };
}

/** Refuses before anything is asked what would be refused after it. */
export function checkSteerable(fleet: Fleet, { host }: Target): Hypervisor {
  const hypervisor = knownHost(fleet, host);
  if (hypervisor.config.readOnly) {
    throw new UserError(`${host} is read-only.`, 'Its entry in the setting libvirt.hosts says so.');
  }
  if (hypervisor.status.kind !== 'connected') {
    throw new HostFailed(host, `${host} is not connected.`, 'Connect it first.', 'connect');
  }
  return hypervisor;
}

/** The target's migration. Throws a `UserError` when there is none: nothing here is meant for a guest that stays. */
export function requireMigration({ migration, name, host }: Target): Migration {
  if (migration === undefined) {
    throw new UserError(`No running migration of ${cleanLabel(name)} is known on ${host}.`, 'Nothing was sent.');
  }
  return migration;
}

function domainTarget(hypervisor: Hypervisor, domain: string, migrations: Migrations): Target {
  const host = hypervisor.config.name;
  const domains = [...hypervisor.domains.values()];
  // A UUID first: a guest may bear another's UUID as its name.
  const known =
    domains.find(({ uuid }) => uuid === domain.toLowerCase()) ?? domains.find(({ name }) => name === domain);
  // A transient domain may have left the host's list already while its migration is still known.
  const leaving = migrations.all.find(
    (migration) =>
      matches(migration, { host, domain }) && migration.domainUuid === (known?.uuid ?? migration.domainUuid),
  );
  const migration = known === undefined ? leaving : migrations.running(host, known.uuid);
  if (migration !== undefined) return migrationTarget(migration);
  if (known === undefined) throw new UserError(`${host} has no domain "${cleanLabel(domain)}".`, 'Refresh the host.');
  return { host, uuid: known.uuid, name: known.name, migration: undefined };
}

function matches({ state, source, domainUuid, domainName }: Migration, { host, domain }: TargetArguments): boolean {
  if (state.outcome !== undefined) return false;
  if (host !== undefined && host !== source && host !== state.destination) return false;
  return domain === undefined || domain.toLowerCase() === domainUuid || domain === domainName;
}

function nothing({ host, domain }: TargetArguments): UserError {
  const what = domain === undefined ? 'No migration' : `No migration of ${cleanLabel(domain)}`;
  const where = host === undefined ? '' : ` on ${cleanLabel(host)}`;
  return new UserError(`${what} is running${where}.`);
}

function one(target: Target): Found {
  return { kind: 'one', target };
}
