import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import { guestName, hostName } from '../migration/describe.js';
import { readOnlyText } from '../migration/migratable.js';
import { type Preset, presetNamed } from '../migration/form/presets.js';
import type { FormRequest } from '../migration/form/session.js';
import { startDirectly } from '../migration/form/startDirectly.js';
import type { MigrationOptions } from '../migration/start/model.js';
import { defaultOptions, readOptions } from '../migration/start/options.js';
import { uriProblem } from '../migration/start/uri.js';
import { type MigrateArguments, readArguments, schemas } from './arguments.js';
import { type Guest, resolveGuest } from './pickGuest.js';
import type { Command, CommandServices } from './services.js';
import { checkSteerable, knownHost } from './target.js';

/**
 * Migrates a guest: by a form that is filled in with what was given, or, confirmed and with a destination, at once. Then a
 * pre-flight that fails refuses.
 */
export const migrate: Command = {
  id: 'libvirt.migrate',
  async run(services, argument) {
    const given = readArguments(this.id, schemas.migrate, argument);
    checkUris(given);
    const apply = optionsOf(given, services.forms.presets());
    const guest = await resolveGuest(services, given, 'Migrate a Guest');
    if (guest === undefined) return undefined;
    const { host, domain } = guest;
    const source = checkSteerable(services.fleet, {
      host: host.config.name,
      uuid: domain.uuid,
      name: domain.name,
      migration: undefined,
    });
    checkDestination(services, given, guest);
    const { destination, destinationUri, migrationUri, ignoreChecks = false } = given;
    if (given.confirmed === true && (destination !== undefined || destinationUri !== undefined)) {
      const title = `Starting the migration of ${guestName({ domainName: domain.name })}`;
      return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
        startDirectly(services.forms.services, {
          source,
          domain,
          destination,
          destinationUri,
          migrationUri,
          apply: apply ?? ((defaults) => defaults),
          ignoreChecks,
        }),
      );
    }
    services.forms.open(formRequest(guest, given, apply));
    return undefined;
  },
};

type Apply = (defaults: MigrationOptions) => MigrationOptions;

function formRequest({ host, domain }: Guest, given: MigrateArguments, apply: Apply | undefined): FormRequest {
  const { destination, destinationUri, migrationUri = '', preset } = given;
  return {
    host: host.config.name,
    domainUuid: domain.uuid,
    ...(destination !== undefined
      ? { target: { kind: 'host', name: destination } }
      : destinationUri !== undefined
        ? { target: { kind: 'uri' } }
        : {}),
    ...(destinationUri === undefined ? {} : { way: { destinationUri, migrationUri } }),
    ...(apply === undefined ? {} : { options: { apply, preset: given.options === undefined ? preset : undefined } }),
  };
}

/** What the options and the preset make of libvirt's defaults; undefined where neither is given. Throws for what can't be taken. */
function optionsOf({ options, preset }: MigrateArguments, presets: readonly Preset[]): Apply | undefined {
  if (options === undefined && preset === undefined) return undefined;
  const named = presetNamed(preset, presets);
  const apply: Apply = (defaults) => readOptions(options, named?.apply(defaults) ?? defaults);
  // Refused before anything is asked or opened.
  apply(defaultOptions(true));
  return apply;
}

function checkUris({ destinationUri, migrationUri }: MigrateArguments): void {
  const problem =
    (destinationUri === undefined ? undefined : uriProblem(destinationUri, 'destination')) ??
    (migrationUri === undefined ? undefined : uriProblem(migrationUri, 'migration'));
  if (problem !== undefined) throw new UserError(problem, 'Nothing was sent.');
}

function checkDestination(
  { fleet }: CommandServices,
  { destination }: MigrateArguments,
  { host, domain }: Guest,
): void {
  if (destination === undefined) return;
  const { config } = knownHost(fleet, destination);
  if (destination === host.config.name) {
    throw new UserError(
      `${guestName({ domainName: domain.name })} is on ${hostName(destination)} already.`,
      'Choose another destination.',
    );
  }
  if (config.readOnly) throw new UserError(readOnlyText(destination));
}
