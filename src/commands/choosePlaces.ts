import * as vscode from 'vscode';
import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { guestName } from '../migration/describe.js';
import { placedDomains, placesOf, withChoice } from '../migration/evacuation/choices.js';
import type { Choices, EvacuationSurvey } from '../migration/evacuation/plan.js';

interface DomainRow extends vscode.QuickPickItem {
  /** Undefined for the one that ends the choosing. */
  readonly uuid: string | undefined;
}

/**
 * Shows where each domain goes and lets each be sent elsewhere, one after the other, until all is as wanted. Leaving the list keeps
 * what was chosen, for nothing has begun.
 */
export async function choosePlaces(title: string, survey: EvacuationSurvey, before: Choices): Promise<Choices> {
  let choices = before;
  let last: string | undefined;
  for (;;) {
    const uuid = await pickDomain(`${title}: Destinations`, survey, choices, last);
    if (uuid === undefined) return choices;
    choices = await pickPlace(survey, choices, uuid);
    last = uuid;
  }
}

/** Undefined when all is as wanted. `last`: where the list was left, so that a long one is not begun anew. */
function pickDomain(
  title: string,
  survey: EvacuationSurvey,
  choices: Choices,
  last: string | undefined,
): Promise<string | undefined> {
  const done: DomainRow = {
    label: '$(check) Done',
    description: 'back to the plan',
    alwaysShow: true,
    uuid: undefined,
  };
  const rows = placedDomains(survey, choices).map(({ uuid, name, text }): DomainRow => ({
    label: escapeIcons(guestName({ domainName: name })),
    description: escapeIcons(cleanLabel(text)),
    uuid,
  }));
  const pick = vscode.window.createQuickPick<DomainRow>();
  pick.title = title;
  pick.placeholder = 'Pick a domain to change where it goes';
  pick.matchOnDescription = true;
  pick.ignoreFocusOut = true;
  pick.items = [done, ...rows];
  pick.activeItems = [rows.find(({ uuid }) => uuid === last) ?? done];
  return new Promise((resolve) => {
    let picked: string | undefined;
    pick.onDidAccept(() => {
      picked = pick.selectedItems[0]?.uuid;
      pick.hide();
    });
    pick.onDidHide(() => {
      pick.dispose();
      resolve(picked);
    });
    pick.show();
  });
}

/** The choices as they were when the user picks none. */
async function pickPlace(survey: EvacuationSurvey, choices: Choices, uuid: string): Promise<Choices> {
  const domain = survey.domains.find((one) => one.uuid === uuid);
  const items = placesOf(survey, choices, uuid).map((place) => ({
    label: `${place.fits ? '' : '$(warning) '}${escapeIcons(place.label)}`,
    description: escapeIcons(place.isNow ? `${place.text} · chosen` : place.text),
    place,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: `Where ${guestName({ domainName: domain?.name ?? uuid })} Goes`,
    placeHolder: 'To which host?',
    ignoreFocusOut: true,
  });
  return picked === undefined ? choices : withChoice(choices, uuid, picked.place.choice);
}
