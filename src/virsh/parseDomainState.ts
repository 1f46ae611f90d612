import { cleanForLog } from '../base/cleanText.js';
import { UserError } from '../base/errors.js';
import type { DomainState, StateAndReason } from './domain.js';

const states: ReadonlyMap<string, DomainState> = new Map([
  ['running', 'running'],
  ['idle', 'idle'],
  ['paused', 'paused'],
  ['in shutdown', 'inShutdown'],
  ['shut off', 'shutOff'],
  ['crashed', 'crashed'],
  ['pmsuspended', 'suspended'],
  ['no state', 'noState'],
]);

/** `domstate --reason`: `paused (migrating)`, `shut off (destroyed)`. A state a later libvirt adds is `unknown`. */
export function parseDomainState(text: string): StateAndReason {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '');
  const match = /^([a-z][a-z ]{0,40}?)(?: \((.{1,100})\))?$/i.exec(line?.trim() ?? '');
  const word = match?.[1];
  if (word === undefined) throw new UserError(`domstate answered "${cleanForLog((line ?? 'nothing').slice(0, 80))}".`);
  return { state: states.get(word) ?? 'unknown', reason: match?.[2] };
}
