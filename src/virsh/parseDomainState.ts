import { UserError } from '../base/errors.js';
import type { DomainState, StateAndReason } from './domain.js';

const states: Readonly<Record<string, DomainState>> = {
  running: 'running',
  idle: 'idle',
  paused: 'paused',
  'in shutdown': 'inShutdown',
  'shut off': 'shutOff',
  crashed: 'crashed',
  pmsuspended: 'suspended',
  'no state': 'noState',
};

/** `domstate --reason`: `paused (migrating)`, `shut off (destroyed)`. A state a later libvirt adds is `unknown`. */
export function parseDomainState(text: string): StateAndReason {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '');
  const match = /^([a-z][a-z ]*?)(?: \((.*)\))?\s*$/i.exec(line?.trim() ?? '');
  const word = match?.[1];
  if (word === undefined) throw new UserError(`domstate answered "${(line ?? 'nothing').slice(0, 80)}".`);
  return { state: states[word] ?? 'unknown', reason: match?.[2] };
}
