import * as vscode from 'vscode';
import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { defaultAtOnce } from '../migration/evacuation/model.js';
import type { Candidate } from '../migration/evacuation/plan.js';
import { formatBytes } from '../panel/format.js';

/** What an evacuation is asked, as far as it is known. */
export interface EvacuationAnswers {
  /** Undefined lets free memory decide among all. */
  readonly destinations: readonly string[] | undefined;
  readonly perSource: number | undefined;
  readonly perDestination: number | undefined;
  /** By its name; undefined for the usual options, or where options were given. */
  readonly preset: string | undefined;
}

/** A named set of options, and what it says for itself. */
export interface PresetChoice {
  readonly name: string;
  readonly description: string;
}

const choices = [1, 2, 3, 4, 6, 8];

/** Asks what the arguments left open: where to, how many at a time, and how they are migrated. Undefined when the user cancels. */
export async function askEvacuation(
  host: string,
  given: EvacuationAnswers,
  /** Undefined where the options are given already. */
  presets: readonly PresetChoice[] | undefined,
  candidates: () => Promise<readonly Candidate[]>,
): Promise<EvacuationAnswers | undefined> {
  const title = `Evacuate ${host}`;
  const known = given.destinations === undefined ? await candidates() : undefined;
  const destinations =
    known !== undefined && known.length > 1 ? await askDestinations(title, known) : given.destinations;
  if (destinations === null) return undefined;
  const several = (destinations ?? known ?? []).length > 1;
  const perSource = given.perSource ?? (await askAtOnce(`${title}: How Many at a Time`, `that leave ${host}`));
  if (perSource === undefined) return undefined;
  const perDestination =
    given.perDestination ??
    (several && perSource > 1
      ? await askAtOnce(`${title}: How Many at a Time to One Destination`, 'that arrive at each')
      : perSource);
  if (perDestination === undefined) return undefined;
  const preset = presets === undefined ? given.preset : await askPreset(title, presets);
  return preset === null ? undefined : { destinations, perSource, perDestination, preset };
}

/** Undefined lets free memory decide; null when the user cancels. */
async function askDestinations(
  title: string,
  candidates: readonly Candidate[],
): Promise<readonly string[] | undefined | null> {
  const names = candidates.map(({ name }) => cleanLabel(name, 40)).join(', ');
  const byMemory = { label: 'Let free memory decide', description: escapeIcons(cleanLabel(`among ${names}`)) };
  const chosen = { label: 'Choose destinations…', description: 'free memory decides among those' };
  const way = await vscode.window.showQuickPick([byMemory, chosen], {
    title,
    placeHolder: 'Where do its domains go?',
    ignoreFocusOut: true,
  });
  if (way === undefined) return null;
  if (way === byMemory) return undefined;
  const items = candidates.map(({ name, freeBytes, reservedBytes }) => ({
    label: escapeIcons(cleanLabel(name)),
    description:
      freeBytes === undefined ? 'does not tell its free memory' : `${formatBytes(freeBytes - reservedBytes)} free`,
    name,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: 'Which hosts may take them?',
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return picked === undefined || picked.length === 0 ? null : picked.map(({ name }) => name);
}

/** Null when the user cancels. */
async function askPreset(title: string, presets: readonly PresetChoice[]): Promise<string | null> {
  const items = presets.map(({ name, description }) => ({
    label: escapeIcons(cleanLabel(name)),
    description: escapeIcons(cleanLabel(description)),
    name,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: `${title}: Options`,
    placeHolder: 'How are they migrated?',
    ignoreFocusOut: true,
  });
  return picked?.name ?? null;
}

async function askAtOnce(title: string, what: string): Promise<number | undefined> {
  const items = [...choices].sort((a, b) => Number(b === defaultAtOnce) - Number(a === defaultAtOnce) || a - b);
  const picked = await vscode.window.showQuickPick(
    items.map((count) => ({
      label: `${count} at a time`,
      description: count === defaultAtOnce ? 'as usual' : '',
      count,
    })),
    { title, placeHolder: `How many migrations ${what} may run at a time?`, ignoreFocusOut: true },
  );
  return picked?.count;
}
