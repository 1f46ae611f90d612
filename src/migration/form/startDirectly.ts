import { cleanLabel } from '../../base/cleanText.js';
import { UserError } from '../../base/errors.js';
import type { Domain, Hypervisor } from '../../hypervisor/model.js';
import { guestName, hostName } from '../describe.js';
import { isMigratable, unmigratable } from '../migratable.js';
import type { MigrationOptions, MigrationRequest } from '../start/model.js';
import { defaultOptions } from '../start/options.js';
import { isKept } from './hostFacts.js';
import type { FormServices } from './session.js';
import { failedOf } from './preflightView.js';

/** A migration that is wanted without a form: by a keybinding, a task or a test that has all the answers. */
export interface DirectStart {
  readonly source: Hypervisor;
  readonly domain: Domain;
  /** A host of the tree; undefined where only the URI is given. */
  readonly destination: string | undefined;
  readonly destinationUri: string | undefined;
  readonly migrationUri: string | undefined;
  readonly apply: (defaults: MigrationOptions) => MigrationOptions;
  /** Starts it without looking at the hosts first. */
  readonly ignoreChecks: boolean;
}

const nothingSent = 'Nothing was sent.';

/**
 * Starts it unless something is wrong with it or the pre-flight finds what would stop it. Resolves with what to tell; rejects with a
 * `UserError` that says all of it.
 */
export async function startDirectly(services: FormServices, wanted: DirectStart): Promise<string> {
  const { source, domain } = wanted;
  const guest = guestName({ domainName: domain.name });
  const from = source.config.name;
  if (!isMigratable(domain)) {
    throw new UserError(`${guest} ${unmigratable(domain)} on ${hostName(from)}.`, nothingSent);
  }
  if (services.migrations.running(from, domain.uuid) !== undefined) {
    throw new UserError(`${guest} migrates already.`, nothingSent);
  }
  const request = await requestOf(services, wanted);
  // Throws for what can't be sent, before anything is looked at.
  services.starter.lineOf(request);
  if (!wanted.ignoreChecks) await refuseFailed(services, request, guest);
  await services.starter.start(request);
  return `The migration of ${guest} to ${whereTo(request)} was started.`;
}

async function requestOf(services: FormServices, wanted: DirectStart): Promise<MigrationRequest> {
  const { source, domain, destination, apply } = wanted;
  const way = await wayOf(services, wanted);
  const kept = await isKept(source, domain.uuid);
  return {
    source: source.config.name,
    domainUuid: domain.uuid,
    destination,
    ...way,
    options: apply(defaultOptions(kept)),
  };
}

async function wayOf(
  { routes }: FormServices,
  { source, destination, destinationUri, migrationUri }: DirectStart,
): Promise<Pick<MigrationRequest, 'destinationUri' | 'migrationUri'>> {
  if (destinationUri !== undefined) return { destinationUri, migrationUri };
  const found = destination === undefined ? [] : await routes.find(source.config.name, destination);
  const [best] = found;
  if (best === undefined) throw new UserError('The migration has no destination.', nothingSent);
  return { destinationUri: best.destinationUri, migrationUri: migrationUri ?? best.migrationUri };
}

async function refuseFailed({ preflight }: FormServices, request: MigrationRequest, guest: string): Promise<void> {
  const failed = failedOf((await preflight.run(request)).checks);
  if (failed.length === 0) return;
  const list = failed.map(({ title, reason }) => `${cleanLabel(title)}: ${cleanLabel(reason)}`).join(' ');
  throw new UserError(
    `${guest} was not migrated to ${whereTo(request)}: ${list}`,
    'Set it right, or pass ignoreChecks: true.',
  );
}

function whereTo({ destination, destinationUri }: MigrationRequest): string {
  return destination === undefined ? destinationUri : hostName(destination);
}
