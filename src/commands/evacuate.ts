import * as vscode from 'vscode';
import { UserError } from '../base/errors.js';
import { readChoices } from '../migration/evacuation/choices.js';
import { domains } from '../migration/evacuation/describe.js';
import { defaultAtOnce, type EvacuationSettings, maxAtOnce } from '../migration/evacuation/model.js';
import type { EvacuationSurvey } from '../migration/evacuation/plan.js';
import { hostName } from '../migration/describe.js';
import { presetEntry, presetNamed } from '../migration/form/presets.js';
import type { MigrationOptions } from '../migration/start/model.js';
import { defaultOptions, migrationOptions, readOptions } from '../migration/start/options.js';
import { readArguments, schemas } from './arguments.js';
import { askEvacuation, type PresetChoice } from './askEvacuation.js';
import { choosePlaces } from './choosePlaces.js';
import { confirmedPlan, decidePlan } from './decidePlan.js';
import { resolveHost } from './pickHost.js';
import type { Command, CommandServices } from './services.js';
import { ask } from './steer.js';

/** Empties a host: plans who goes where, asks once with the plan in words, and opens the panel that shows it. */
export const evacuate: Command = {
  id: 'libvirt.evacuate',
  async run(services, argument) {
    const { host, destinations, destinationOf, perSource, perDestination, options, preset, confirmed } = readArguments(
      this.id,
      schemas.evacuate,
      argument,
    );
    // Before anything is asked: a misspelt one would be told after all the questions.
    overridesOf(services, preset, options);
    const hypervisor = await resolveHost(services, host, {
      title: 'Evacuate a Host',
      fits: ({ status, config }) => status.kind === 'connected' && !config.readOnly,
      none: 'No host is connected that could be evacuated.',
    });
    if (hypervisor === undefined) return undefined;
    const source = hypervisor.config.name;
    checkNotUnderWay(services, source);
    const given = {
      destinations,
      perSource: atOnce('perSource', perSource),
      perDestination: atOnce('perDestination', perDestination),
      preset,
    };
    const presets = preset === undefined && options === undefined ? presetChoices(services) : undefined;
    const asked =
      confirmed === true
        ? given
        : await askEvacuation(hostName(source), given, presets, () => services.evacuationPlanner.candidates(source));
    if (asked === undefined) return undefined;
    const settings: EvacuationSettings = {
      perSource: asked.perSource ?? defaultAtOnce,
      perDestination: asked.perDestination ?? defaultAtOnce,
      options: overridesOf(services, asked.preset, options),
    };
    const survey = await look(services, source, asked.destinations);
    const choices = readChoices(survey, destinationOf ?? {});
    const plan =
      confirmed === true
        ? confirmedPlan(survey, choices)
        : await decidePlan(survey, choices, settings, {
            ask,
            choose: (before) => choosePlaces(`Evacuate ${hostName(source)}`, survey, before),
          });
    if (plan === undefined) return undefined;
    await services.evacuations.start(plan, settings, await services.evacuationPlanner.routesOf(plan));
    services.evacuationPanels.open(source);
    return `Evacuating ${hostName(source)}: ${domains(plan.moves.length)}.`;
  },
};

function checkNotUnderWay({ evacuations }: CommandServices, source: string): void {
  if (!evacuations.isUnderWay(source)) return;
  throw new UserError(`${source} is being evacuated already.`, 'Let it end, or stop it, before another one begins.');
}

function look(
  { evacuationPlanner }: CommandServices,
  source: string,
  destinations: readonly string[] | undefined,
): Thenable<EvacuationSurvey> {
  const title = `Looking at the domains of ${hostName(source)}`;
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    evacuationPlanner.survey(source, destinations),
  );
}

/** What the options and the preset make different from how a domain is migrated otherwise. */
function overridesOf(
  { forms }: CommandServices,
  preset: string | undefined,
  options: unknown,
): Partial<MigrationOptions> {
  const defaults = defaultOptions(true);
  const named = presetNamed(preset, forms.presets());
  return presetEntry(readOptions(options, named?.apply(defaults) ?? defaults), defaults);
}

function presetChoices({ forms }: CommandServices): readonly PresetChoice[] {
  const defaults = defaultOptions(true);
  return forms.presets().map((preset) => {
    const options = preset.apply(defaults);
    const differs = (key: string): boolean => Object.hasOwn(presetEntry(options, defaults), key);
    const labels = migrationOptions.filter(({ key }) => differs(key)).map(({ label }) => label);
    return { name: preset.name, description: labels.length === 0 ? 'as libvirt does it' : labels.join(', ') };
  });
}

function atOnce(key: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= maxAtOnce)) return value;
  throw new UserError(`${key} must be a whole number from 1 to ${maxAtOnce}.`, 'Nothing was done.');
}
