import * as vscode from 'vscode';
import { cleanLabel, escapeIcons } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';
import { guestName, hostName } from '../migration/describe.js';
import { describeRoom } from '../migration/evacuation/choices.js';
import { describeEvacuation, itemTexts } from '../migration/evacuation/describe.js';
import type { Evacuation } from '../migration/evacuation/evacuations.js';
import {
  type EvacuationItem,
  type EvacuationPhase,
  isMigrating,
  isRedirectable,
  phaseOf,
} from '../migration/evacuation/model.js';
import { type Candidate, roomBeside } from '../migration/evacuation/plan.js';
import { neededBytes } from '../migration/hostMemory.js';
import { readArguments, schemas } from './arguments.js';
import type { Command, CommandServices } from './services.js';
import { confirm } from './steer.js';

/** What steers an evacuation: from the palette, its panel, or by arguments. */

export const openEvacuation: Command = {
  id: 'libvirt.openEvacuation',
  async run(services, argument) {
    const { host } = readArguments(this.id, schemas.host, argument);
    await services.evacuations.read();
    const evacuation = await resolve(services, host, 'Open an Evacuation');
    if (evacuation !== undefined) services.evacuationPanels.open(evacuation.record.source);
    return undefined;
  },
};

export const stopEvacuationAfterThis: Command = {
  id: 'libvirt.stopEvacuationAfterThis',
  async run(services, argument) {
    const { host } = readArguments(this.id, schemas.host, argument);
    const evacuation = await resolve(services, host, 'Stop an Evacuation After This', ['running']);
    if (evacuation === undefined) return undefined;
    const { source } = evacuation.record;
    await services.evacuations.perform(source, { kind: 'stopAfterThis' });
    return `Nothing new leaves ${hostName(source)}; what migrates is let finish.`;
  },
};

export const stopEvacuation: Command = {
  id: 'libvirt.stopEvacuation',
  async run(services, argument) {
    const { host, confirmed } = readArguments(this.id, schemas.confirmedHost, argument);
    const evacuation = await resolve(services, host, 'Stop an Evacuation', ['running', 'stopping']);
    if (evacuation === undefined) return undefined;
    const { source, items } = evacuation.record;
    const name = hostName(source);
    const running = items.filter(isMigrating).map(({ name: domainName }) => guestName({ domainName }));
    const question = {
      message: `Stop the evacuation of '${name}'?`,
      detail:
        (running.length === 0
          ? 'Nothing migrates now. '
          : `The migration of ${running.join(', ')} is aborted, and what has been copied is thrown away. `) +
        `All that has not left goes on on ${name}. The evacuation can be resumed.`,
      button: 'Stop All',
    };
    if (!(await confirm(question, confirmed))) return undefined;
    await services.evacuations.perform(source, { kind: 'stopAll' });
    return `The evacuation of ${name} is being stopped.`;
  },
};

export const resumeEvacuation: Command = {
  id: 'libvirt.resumeEvacuation',
  async run(services, argument) {
    const { host } = readArguments(this.id, schemas.host, argument);
    const evacuation = await resolve(services, host, 'Resume an Evacuation', ['stopped', 'stopping']);
    if (evacuation === undefined) return undefined;
    const { source } = evacuation.record;
    await services.evacuations.perform(source, { kind: 'resume' });
    return `The evacuation of ${hostName(source)} goes on.`;
  },
};

export const skipInEvacuation: Command = {
  id: 'libvirt.skipInEvacuation',
  async run(services, argument) {
    const { host, domain, confirmed } = readArguments(this.id, schemas.confirmedTarget, argument);
    const title = 'Skip a Domain of an Evacuation';
    const evacuation = await resolve(services, host, title, ['running', 'stopping', 'stopped']);
    if (evacuation === undefined) return undefined;
    const item = await itemOf(evacuation, domain, title, isIn('waiting', 'checking', 'starting', 'migrating'));
    if (item === undefined) return undefined;
    const { source } = evacuation.record;
    const name = guestName({ domainName: item.name });
    const question = {
      message: `Skip '${name}', which migrates?`,
      detail: `Its migration is aborted: '${name}' goes on on ${hostName(source)}, and what has been copied is thrown away. The evacuation goes on with the others.`,
      button: 'Abort and Skip',
    };
    if (isMigrating(item) && !(await confirm(question, confirmed))) return undefined;
    await services.evacuations.perform(source, { kind: 'skip', domain: item.uuid });
    return isMigrating(item) ? `The migration of ${name} is being aborted.` : `${name} is skipped.`;
  },
};

export const retryInEvacuation: Command = {
  id: 'libvirt.retryInEvacuation',
  async run(services, argument) {
    const { host, domain } = readArguments(this.id, schemas.target, argument);
    const title = 'Retry a Domain of an Evacuation';
    const evacuation = await resolve(services, host, title);
    if (evacuation === undefined) return undefined;
    const item = await itemOf(evacuation, domain, title, isIn('failed', 'skipped', 'cancelled'));
    if (item === undefined) return undefined;
    await services.evacuations.perform(evacuation.record.source, { kind: 'retry', domain: item.uuid });
    return `${guestName({ domainName: item.name })} is tried again.`;
  },
};

export const redirectInEvacuation: Command = {
  id: 'libvirt.redirectInEvacuation',
  async run(services, argument) {
    const { host, domain, destination } = readArguments(this.id, schemas.redirect, argument);
    const title = 'Change a Destination of an Evacuation';
    const evacuation = await resolve(services, host, title);
    if (evacuation === undefined) return undefined;
    const item = await itemOf(evacuation, domain, title, isRedirectable);
    if (item === undefined) return undefined;
    const { source } = evacuation.record;
    const others = (await services.evacuationPlanner.candidates(source)).filter(
      ({ name }) => name !== item.destination,
    );
    const chosen = destination ?? (await pickCandidate(item, others));
    if (chosen === undefined) return undefined;
    if (!others.some(({ name }) => name === chosen)) {
      throw new UserError(
        `${guestName({ domainName: item.name })} can't be sent to "${cleanLabel(chosen)}".`,
        others.length === 0
          ? 'No other host is connected that could take it.'
          : `It could go to ${others.map(({ name }) => hostName(name)).join(', ')}.`,
      );
    }
    const route = await services.evacuationPlanner.routeTo(source, chosen);
    await services.evacuations.perform(source, { kind: 'redirect', domain: item.uuid, destination: chosen, route });
    return `${guestName({ domainName: item.name })} goes to ${hostName(chosen)} when its turn comes.`;
  },
};

/** Undefined when the user picks none. */
async function pickCandidate(item: EvacuationItem, candidates: readonly Candidate[]): Promise<string | undefined> {
  const name = guestName({ domainName: item.name });
  if (candidates.length === 0) throw new UserError(`No other host is connected that could take ${name}.`);
  const needed = neededBytes(item);
  const items = candidates.map((candidate) => {
    const room = roomBeside(candidate, []);
    const fits = room === undefined || room >= needed;
    return {
      label: `${fits ? '' : '$(warning) '}${escapeIcons(hostName(candidate.name))}`,
      description: describeRoom(room, needed),
      candidate,
    };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: `Where ${name} Goes`,
    placeHolder: 'To which host?',
  });
  return picked?.candidate.name;
}

/** The evacuation of the host named, the only one there is, or the one chosen. Undefined when the user chooses none. */
async function resolve(
  { evacuations }: CommandServices,
  host: string | undefined,
  title: string,
  phases?: readonly EvacuationPhase[],
): Promise<Evacuation | undefined> {
  if (host !== undefined) {
    const named = evacuations.get(host);
    if (named === undefined) throw new UserError(`No evacuation of ${cleanLabel(host)} is known.`);
    return named;
  }
  const fitting = evacuations.all.filter(({ record }) => phases?.includes(phaseOf(record)) ?? true);
  const [only] = fitting;
  if (only === undefined) throw new UserError('There is no evacuation of which this could be done.');
  if (fitting.length === 1) return only;
  const items = fitting.map((evacuation) => ({
    label: escapeIcons(hostName(evacuation.record.source)),
    description: escapeIcons(cleanLabel(describeEvacuation(evacuation.record))),
    evacuation,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Of which host?' });
  return picked?.evacuation;
}

function isIn(...kinds: readonly EvacuationItem['state']['kind'][]): (item: EvacuationItem) => boolean {
  return ({ state }) => kinds.includes(state.kind);
}

async function itemOf(
  { record }: Evacuation,
  named: string | undefined,
  title: string,
  fits: (item: EvacuationItem) => boolean,
): Promise<EvacuationItem | undefined> {
  if (named !== undefined) {
    const item =
      record.items.find(({ uuid }) => uuid === named.toLowerCase()) ?? record.items.find(({ name }) => name === named);
    if (item === undefined) {
      throw new UserError(`"${cleanLabel(named)}" is none of the domains that leave ${hostName(record.source)}.`);
    }
    return item;
  }
  const fitting = record.items.filter(fits);
  if (fitting.length === 0) throw new UserError('There is no domain of which this could be done.');
  const items = fitting.map((item) => ({
    label: escapeIcons(guestName({ domainName: item.name })),
    description: itemTexts[item.state.kind],
    item,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Which domain?' });
  return picked?.item;
}
