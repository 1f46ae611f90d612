import { cleanLabel } from '../../base/cleanText.js';
import { UserError } from '../../base/errors.js';
import { formatBytes } from '../../panel/format.js';
import { guestName, hostName } from '../describe.js';
import { neededBytes } from '../hostMemory.js';
import type { EvacuationPlan } from './model.js';
import { type Choice, type Choices, type EvacuationSurvey, isPlaceable, planEvacuation, roomBeside } from './plan.js';

/** One domain that could go, as the plan has it now. */
export interface PlacedDomain {
  readonly uuid: string;
  readonly name: string;
  /** `→ hv2 · 1.00 GiB · your choice`. */
  readonly text: string;
}

/** Where one domain could go. */
export interface Place {
  /** Undefined lets free memory decide. */
  readonly choice: Choice | undefined;
  readonly label: string;
  readonly text: string;
  /** What goes there fits. */
  readonly fits: boolean;
  /** The plan has it so. */
  readonly isNow: boolean;
}

/** All that could go, by name, each with where it goes. */
export function placedDomains(survey: EvacuationSurvey, choices: Choices): readonly PlacedDomain[] {
  const { moves, left } = planEvacuation(survey, choices);
  return survey.domains
    .filter(isPlaceable)
    .sort((a, b) => a.name.localeCompare(b.name) || a.uuid.localeCompare(b.uuid))
    .map(({ uuid, name, memoryBytes }) => {
      const move = moves.find((one) => one.uuid === uuid);
      const goes = move === undefined ? `stays on ${hostName(survey.source)}` : `→ ${hostName(move.destination)}`;
      const isChosen = choices.has(uuid);
      const why = isChosen ? 'your choice' : left.find((one) => one.uuid === uuid)?.reason;
      return {
        uuid,
        name,
        text: [goes, formatBytes(memoryBytes), why].filter((part) => part !== undefined).join(' · '),
      };
    });
}

/** Where one domain could go: what free memory decides, each host with its room beside all others, or that it stays. */
export function placesOf(survey: EvacuationSurvey, choices: Choices, uuid: string): readonly Place[] {
  const domain = survey.domains.filter(isPlaceable).find((one) => one.uuid === uuid);
  if (domain === undefined) return [];
  const chosen = choices.get(uuid);
  const needed = neededBytes(domain);
  const byMemory = planEvacuation(survey, withChoice(choices, uuid, undefined));
  const others = planEvacuation(survey, choices).moves.filter((move) => move.uuid !== uuid);
  const decided = byMemory.moves.find((move) => move.uuid === uuid)?.destination;
  return [
    {
      choice: undefined,
      label: 'Let free memory decide',
      text: decided === undefined ? 'it fits nowhere now' : `now ${hostName(decided)}`,
      fits: decided !== undefined,
      isNow: chosen === undefined,
    },
    ...survey.candidates.map((candidate): Place => {
      const { name } = candidate;
      const room = roomBeside(candidate, others);
      const fits = room === undefined || room >= needed;
      return {
        choice: { kind: 'to', destination: name },
        label: hostName(name),
        text: describeRoom(room, needed),
        fits,
        isNow: chosen?.kind === 'to' && chosen.destination === name,
      };
    }),
    {
      choice: { kind: 'stay' },
      label: `Stay on ${hostName(survey.source)}`,
      text: 'it is not evacuated',
      fits: true,
      isNow: chosen?.kind === 'stay',
    },
  ];
}

/** What a host has for one domain that needs so much, once all others are there. */
export function describeRoom(room: number | undefined, needed: number): string {
  if (room === undefined) return 'does not tell its free memory';
  const free = `${formatBytes(Math.max(0, room))} free beside the others`;
  return room >= needed ? free : `${free}, and it needs ${formatBytes(needed)}`;
}

/** `undefined` leaves it to free memory again. */
export function withChoice(choices: Choices, uuid: string, choice: Choice | undefined): Choices {
  const next = new Map(choices);
  if (choice === undefined) next.delete(uuid);
  else next.set(uuid, choice);
  return next;
}

/** Hosts to which more was chosen to go than they have room for, a sentence each: the pre-flight will stop what is too much. */
export function overfull({ candidates }: EvacuationSurvey, { moves }: EvacuationPlan): readonly string[] {
  return candidates.flatMap((candidate) => {
    const room = roomBeside(candidate, moves);
    if (room === undefined || room >= 0 || !moves.some(({ destination }) => destination === candidate.name)) return [];
    const host = hostName(candidate.name);
    return [
      `${host} has ${formatBytes(-room)} too little for all that goes there: the pre-flight stops what does not fit.`,
    ];
  });
}

/**
 * What arguments say of single domains, named or by UUID: a host, or null for one that stays. Throws a `UserError` for a domain
 * or a host that there is none of.
 */
export function readChoices(survey: EvacuationSurvey, given: Readonly<Record<string, string | null>>): Choices {
  const { source, domains, candidates } = survey;
  let choices: Choices = new Map();
  for (const [key, destination] of Object.entries(given)) {
    const domain = domains.find(({ uuid }) => uuid === key.toLowerCase()) ?? domains.find(({ name }) => name === key);
    if (domain === undefined) throw new UserError(`${hostName(source)} has no domain "${cleanLabel(key)}".`);
    if (destination !== null && !candidates.some(({ name }) => name === destination)) {
      throw new UserError(
        `${guestName({ domainName: domain.name })} can't go to "${cleanLabel(destination)}".`,
        `It may go to ${candidates.map(({ name }) => hostName(name)).join(', ')}.`,
      );
    }
    choices = withChoice(choices, domain.uuid, destination === null ? { kind: 'stay' } : { kind: 'to', destination });
  }
  return choices;
}
