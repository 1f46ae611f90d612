import { cleanLabel } from '../base/cleanText.js';
import type { StateAndReason } from '../virsh/domain.js';
import { hostName } from './describe.js';
import type { GuestPlace, Outcome, PlaceProblem } from './model.js';

/** What one of the two hosts has of the guest. `gone`: no such domain. `unknown`: it can't be asked, and `why` says so. */
export type Sight =
  | { readonly kind: 'state'; readonly host: string; readonly state: StateAndReason }
  | { readonly kind: 'gone'; readonly host: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** All that is known of where a guest is after its migration. */
export interface PlaceEvidence {
  readonly outcome: Outcome['kind'];
  readonly source: Sight;
  readonly destination: Sight;
  /** Another host of the tree that has it, running or paused: it has been moved on. */
  readonly elsewhere: string | undefined;
  /** It stood still before its migration: then it should afterwards. */
  readonly pausedBefore: boolean;
  /** Of the last event of its source that told its end otherwise than by a migration, the detail: `Destroyed`. */
  readonly stoppedBy?: string | undefined;
  /** Something wrong was told of it before: who stopped the guest since may have meant to. */
  readonly toldBefore: boolean;
}

/** A domain as far as this question goes. `asleep`: the guest itself has suspended, which is its own affair. */
type Standing = 'runs' | 'paused' | 'off' | 'crashed' | 'unknown';

/** Where the guest is, and what is wrong about it, claiming no more than the hosts tell. Pure. */
export function verdictOf(evidence: PlaceEvidence): GuestPlace {
  const { source, destination, elsewhere } = evidence;
  const [here, there] = [standingOf(source), standingOf(destination)];
  const running = [source, destination].filter((sight) => standingOf(sight) === 'runs').map(nameOf);
  const paused = [source, destination].filter((sight) => standingOf(sight) === 'paused').map(nameOf);
  if (isHalved(source) || isHalved(destination)) return halfOnEach(evidence);
  const [first, second] = running;
  if (first !== undefined && second !== undefined) return runsTwice(first, second);
  if (first !== undefined) {
    const copy = paused[0];
    if (copy !== undefined) return leftOver(first, copy);
    return here === 'unknown' || there === 'unknown' ? cannotTell(evidence) : runsOn(evidence, first);
  }
  if (paused.length > 1) return pausedTwice(evidence);
  if (here === 'unknown' || there === 'unknown') {
    const known = paused[0];
    // What is known to stand still is told, whatever the other one has: to resume it asks first whether that one runs.
    return known === undefined || evidence.pausedBefore || !isItsPlace(evidence, known)
      ? cannotTell(evidence)
      : leftPaused(evidence, known);
  }
  const only = paused[0];
  if (only !== undefined) return evidence.pausedBefore ? { kind: 'fine', on: only } : leftPaused(evidence, only);
  if (elsewhere !== undefined) return { kind: 'fine', on: elsewhere };
  return nowhere(evidence);
}

function runsOn({ pausedBefore }: PlaceEvidence, on: string): GuestPlace {
  if (!pausedBefore) return { kind: 'fine', on };
  return { kind: 'fine', on, note: `It was paused before its migration, and runs on ${hostName(on)} now.` };
}

function runsTwice(one: string, other: string): GuestPlace {
  const [a, b] = [hostName(one), hostName(other)];
  return wrong('runsTwice', {
    short: `RUNS ON BOTH ${a} AND ${b}`,
    text: `The guest runs on ${a} and on ${b} at once: both write to its disks.`,
    advice:
      'Stop one of them at once, by virsh destroy on its host: the one that has been running for less time, unless you know better. Then check the file systems of its disks.',
  });
}

function leftOver(runsOn: string, copyOn: string): GuestPlace {
  const [a, b] = [hostName(runsOn), hostName(copyOn)];
  return wrong('leftOver', {
    short: `a paused copy was left on ${b}`,
    text: `The guest runs on ${a}, and a paused copy of it was left on ${b}.`,
    advice: `Never resume that copy: both would write to its disks. Remove it, by virsh destroy on ${b}.`,
  });
}

/** Neither half is a guest: resuming one would go on with memory that is missing, or old. */
function halfOnEach({ source, destination }: PlaceEvidence): GuestPlace {
  return wrong('halfOnEach', {
    short: 'HALF ON EACH HOST',
    text: `The migration ended in post-copy, and the guest has half of its memory on each host: ${told(source)}, ${told(destination)}.`,
    advice:
      'Resume neither half. A libvirt of 8.5 or later may resume the migration (virsh migrate --postcopy --postcopy-resume); else destroy both and start the guest anew.',
  });
}

function isHalved(sight: Sight): boolean {
  return sight.kind === 'state' && (sight.state.reason ?? '').startsWith('post-copy');
}

function pausedTwice(evidence: PlaceEvidence): GuestPlace {
  const keeps = evidence.outcome === 'completed' ? evidence.destination : evidence.source;
  const other = keeps === evidence.source ? evidence.destination : evidence.source;
  const [a, b] = [hostName(nameOf(keeps)), hostName(nameOf(other))];
  return wrong('pausedTwice', {
    short: 'paused on both hosts',
    text: `The guest is paused on both hosts, ${a} and ${b}, and runs on neither.`,
    advice: `${
      evidence.outcome === 'completed' ? 'Its migration completed' : 'Its migration did not complete'
    }, so ${a} has all of its memory: remove the copy on ${b} (virsh destroy there), then resume it on ${a}.`,
    resumeOn: nameOf(keeps),
  });
}

function leftPaused(evidence: PlaceEvidence, on: string): GuestPlace {
  const host = hostName(on);
  const { reason } = stateOf(evidence, on);
  const because = reason === undefined ? '' : ` (${cleanLabel(reason, 60)})`;
  return wrong('paused', {
    short: `guest left paused on ${host}`,
    text: `The guest is paused on ${host}${because}, and runs nowhere.`,
    advice: `Resume it on ${host}.`,
    resumeOn: on,
  });
}

function nowhere(evidence: PlaceEvidence): GuestPlace {
  const stopped = deliberatelyStopped(evidence);
  if (stopped !== undefined) return { kind: 'unknown', text: stopped };
  const what = [evidence.source, evidence.destination].map(told).join(', ');
  const text = `The guest runs on neither host: ${what}.`;
  if (evidence.toldBefore) return { kind: 'unknown', text: `${text} It may have been stopped since.` };
  const definedOn = [evidence.source, evidence.destination].find(({ kind }) => kind === 'state');
  const crashed = [evidence.source, evidence.destination].some((sight) => standingOf(sight) === 'crashed');
  return wrong('runsNowhere', {
    short: crashed ? 'CRASHED, RUNS NOWHERE' : 'RUNS NOWHERE',
    text,
    advice:
      definedOn === undefined
        ? 'Look into /var/log/libvirt/qemu on both hosts for why, and start it from its own definition.'
        : `Look into /var/log/libvirt/qemu on both hosts for why, then start it on ${hostName(nameOf(definedOn))} (virsh start).`,
  });
}

/** Where libvirt says that somebody has stopped it, what to say of that; undefined where nobody is known to have. */
function deliberatelyStopped({ source, destination, outcome, stoppedBy }: PlaceEvidence): string | undefined {
  if ([source, destination].some((sight) => standingOf(sight) === 'crashed')) return undefined;
  // What is off on the destination of one that did not arrive is off since earlier, or was ended by libvirt.
  for (const sight of outcome === 'completed' ? [destination, source] : [source]) {
    const how =
      sight.kind === 'state' && sight.state.state === 'shutOff' ? stops.get(sight.state.reason ?? '') : undefined;
    if (how !== undefined)
      return `The guest was ${how} on ${hostName(nameOf(sight))} ${when(outcome, sight === source)}.`;
  }
  // A transient domain leaves nothing but the event.
  const how = source.kind === 'gone' ? stops.get(stoppedBy?.toLowerCase() ?? '') : undefined;
  return how === undefined ? undefined : `The guest was ${how} on ${hostName(nameOf(source))} during its migration.`;
}

/** What a user, or the guest itself, does to a domain, in libvirt's words and in ours. */
const stops: ReadonlyMap<string, string> = new Map([
  ['destroyed', 'destroyed'],
  ['shutdown', 'shut down'],
]);

function when(outcome: Outcome['kind'], onSource: boolean): string {
  return outcome === 'completed' && !onSource ? 'after its migration' : 'during its migration';
}

function cannotTell({ source, destination }: PlaceEvidence): GuestPlace {
  const known = [source, destination].find((sight) => standingOf(sight) === 'runs');
  const why = [source, destination].flatMap((sight) =>
    sight.kind === 'unknown' ? [sight.why] : standingOf(sight) === 'unknown' ? [`${told(sight)}.`] : [],
  );
  const so =
    known === undefined
      ? 'Whether the guest runs, nobody here can tell'
      : `The guest runs on ${hostName(nameOf(known))}; whether anywhere else as well, nobody here can tell`;
  return { kind: 'unknown', text: `${so}: ${why.join(' ')}` };
}

function told(sight: Sight): string {
  switch (sight.kind) {
    case 'unknown':
      return sight.why;
    case 'gone':
      return `${hostName(sight.host)} does not have it`;
    case 'state': {
      const { state, reason } = sight.state;
      const words =
        state === 'shutOff' ? 'shut off' : state === 'noState' || state === 'unknown' ? 'in no known state' : state;
      return `${words}${reason === undefined ? '' : ` (${cleanLabel(reason, 60)})`} on ${hostName(sight.host)}`;
    }
  }
}

/** The host that the outcome leaves the guest on. */
function isItsPlace({ outcome, source, destination }: PlaceEvidence, host: string): boolean {
  if (outcome === 'lost') return false;
  const place = outcome === 'completed' ? destination : source;
  return nameOf(place) === host;
}

function standingOf(sight: Sight): Standing {
  if (sight.kind !== 'state') return sight.kind === 'gone' ? 'off' : 'unknown';
  switch (sight.state.state) {
    case 'running':
    case 'idle':
    case 'inShutdown':
    case 'suspended':
      return 'runs';
    case 'paused':
      return 'paused';
    case 'shutOff':
      return 'off';
    case 'crashed':
      return 'crashed';
    case 'noState':
    case 'unknown':
      return 'unknown';
  }
}

function nameOf(sight: Sight): string {
  return sight.kind === 'unknown' ? '' : sight.host;
}

function stateOf({ source, destination }: PlaceEvidence, host: string): StateAndReason {
  for (const sight of [source, destination]) if (sight.kind === 'state' && sight.host === host) return sight.state;
  return { state: 'unknown', reason: undefined };
}

function wrong(
  problem: PlaceProblem,
  told: { readonly short: string; readonly text: string; readonly advice: string; readonly resumeOn?: string },
): GuestPlace {
  return { kind: 'wrong', problem, resumeOn: undefined, ...told };
}
