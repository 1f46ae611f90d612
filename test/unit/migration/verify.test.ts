import { describe, expect, it } from 'vitest';
import type { GuestPlace, PlaceProblem } from '../../../src/migration/model.js';
import { type PlaceEvidence, type Sight, verdictOf } from '../../../src/migration/verify.js';
import type { DomainState } from '../../../src/virsh/domain.js';

const at = (host: string, state: DomainState, reason?: string): Sight => ({
  kind: 'state',
  host,
  state: { state, reason },
});
const gone = (host: string): Sight => ({ kind: 'gone', host });
const unknown: Sight = { kind: 'unknown', why: 'hv2 is not connected.' };
const evidence = (told: Partial<PlaceEvidence>): PlaceEvidence => ({
  outcome: 'completed',
  source: gone('hv1'),
  destination: at('hv2', 'running', 'migrated'),
  elsewhere: undefined,
  pausedBefore: false,
  toldBefore: false,
  ...told,
});

describe('where a guest is after its migration', () => {
  it.each<[string, Partial<PlaceEvidence>, string]>([
    ['on the destination alone, its source without it', {}, 'hv2'],
    ['on the destination, its source keeping the definition', { source: at('hv1', 'shutOff', 'migrated') }, 'hv2'],
    [
      'on its source, after an abort',
      { outcome: 'aborted', source: at('hv1', 'running', 'migration canceled'), destination: gone('hv2') },
      'hv1',
    ],
    [
      'on its source, the destination knowing it only as defined',
      { outcome: 'failed', source: at('hv1', 'running'), destination: at('hv2', 'shutOff', 'failed') },
      'hv1',
    ],
    ['paused, as it was before', { destination: at('hv2', 'paused', 'user'), pausedBefore: true }, 'hv2'],
    ['asleep by its own doing', { destination: at('hv2', 'suspended') }, 'hv2'],
    ['shutting itself down', { destination: at('hv2', 'inShutdown') }, 'hv2'],
    ['moved on to a third host already', { destination: gone('hv2'), elsewhere: 'hv3' }, 'hv3'],
  ])('is fine: %s', (_, told, on) => {
    expect(verdictOf(evidence(told))).toEqual({ kind: 'fine', on });
  });

  it('is fine where it runs though it was paused before, which is said', () => {
    expect(verdictOf(evidence({ pausedBefore: true }))).toEqual({
      kind: 'fine',
      on: 'hv2',
      note: 'It was paused before its migration, and runs on hv2 now.',
    });
  });

  it.each<[string, Partial<PlaceEvidence>, string]>([
    [
      'destroyed on its source',
      { outcome: 'failed', source: at('hv1', 'shutOff', 'destroyed'), destination: gone('hv2') },
      'The guest was destroyed on hv1 during its migration.',
    ],
    [
      'transient, and destroyed',
      { outcome: 'failed', destination: gone('hv2'), stoppedBy: 'Destroyed' },
      'The guest was destroyed on hv1 during its migration.',
    ],
    [
      'shut down by itself meanwhile',
      { outcome: 'failed', source: at('hv1', 'shutOff', 'shutdown'), destination: gone('hv2') },
      'The guest was shut down on hv1 during its migration.',
    ],
    [
      'destroyed where it had arrived',
      { source: at('hv1', 'shutOff', 'migrated'), destination: at('hv2', 'shutOff', 'destroyed') },
      'The guest was destroyed on hv2 after its migration.',
    ],
  ])('is no alarm where somebody stopped it: %s', (_, told, text) => {
    expect(verdictOf(evidence(told))).toEqual({ kind: 'unknown', text });
  });

  it.each<[string, Partial<PlaceEvidence>]>([
    [
      'its destination has had it off since earlier',
      { outcome: 'failed', source: gone('hv1'), destination: at('hv2', 'shutOff', 'destroyed') },
    ],
    ['it crashed meanwhile', { outcome: 'failed', stoppedBy: 'Crashed', destination: gone('hv2') }],
  ])('is an alarm still where %s', (_, told) => {
    expect(verdictOf(evidence(told))).toMatchObject({ kind: 'wrong', problem: 'runsNowhere' });
  });

  it.each<[string, Partial<PlaceEvidence>, PlaceProblem, RegExp, string | undefined]>([
    [
      'it runs on both',
      { source: at('hv1', 'running') },
      'runsTwice',
      /runs on hv1 and on hv2 at once: .* Stop one of them/,
      undefined,
    ],
    [
      'a paused copy was left on its source',
      { source: at('hv1', 'paused', 'migrating') },
      'leftOver',
      /runs on hv2, and a paused copy .* on hv1\. Never resume/,
      undefined,
    ],
    [
      'a paused copy was left on its destination',
      { outcome: 'aborted', source: at('hv1', 'running'), destination: at('hv2', 'paused', 'migrating') },
      'leftOver',
      /virsh destroy on hv2/,
      undefined,
    ],
    [
      'it is paused on both, and came through',
      { source: at('hv1', 'paused'), destination: at('hv2', 'paused') },
      'pausedTwice',
      /completed, so hv2 has all of its memory/,
      'hv2',
    ],
    [
      'it is paused on both, and did not',
      { outcome: 'failed', source: at('hv1', 'paused'), destination: at('hv2', 'paused') },
      'pausedTwice',
      /did not complete, so hv1 has all of its memory/,
      'hv1',
    ],
    [
      'it was left paused where it arrived',
      { destination: at('hv2', 'paused', 'user') },
      'paused',
      /paused on hv2 \(user\), and runs nowhere\. Resume it on hv2/,
      'hv2',
    ],
    [
      'it was left paused at its source, whatever a destination that nobody knows has',
      { outcome: 'aborted', source: at('hv1', 'paused'), destination: unknown },
      'paused',
      /Resume it on hv1/,
      'hv1',
    ],
    [
      'no host has it',
      { destination: gone('hv2') },
      'runsNowhere',
      /hv1 does not have it, hv2 does not have it/,
      undefined,
    ],
    [
      'it is off on both',
      { outcome: 'failed', source: at('hv1', 'shutOff', 'crashed'), destination: gone('hv2') },
      'runsNowhere',
      /shut off \(crashed\) on hv1.*start it on hv1/,
      undefined,
    ],
    [
      'it crashed',
      { destination: at('hv2', 'crashed', 'panicked') },
      'runsNowhere',
      /crashed \(panicked\) on hv2/,
      undefined,
    ],
    [
      'its migration ended in post-copy, and neither half may be resumed',
      {
        outcome: 'failed',
        source: at('hv1', 'paused', 'post-copy failed'),
        destination: at('hv2', 'paused', 'post-copy failed'),
      },
      'halfOnEach',
      /half of its memory on each host.*Resume neither half/,
      undefined,
    ],
  ])('is wrong: %s', (_, told, problem, words, resumeOn) => {
    const place = verdictOf(evidence(told));
    expect(place).toMatchObject({ kind: 'wrong', problem, resumeOn });
    expect(text(place)).toMatch(words);
  });

  it.each<[string, Partial<PlaceEvidence>, RegExp]>([
    [
      'its destination can’t be asked',
      { destination: unknown },
      /Whether the guest runs, nobody here can tell: hv2 is not/,
    ],
    [
      'it runs at its source, and its destination can’t be asked',
      { outcome: 'aborted', source: at('hv1', 'running'), destination: unknown },
      /runs on hv1; whether anywhere else/,
    ],
    ['its state says nothing', { destination: at('hv2', 'unknown') }, /in no known state on hv2/],
    [
      'it is paused where it is only arriving, and its source can’t be asked',
      { outcome: 'failed', source: unknown, destination: at('hv2', 'paused', 'migrating') },
      /nobody here can tell/,
    ],
    [
      'it is off, after something wrong was told of it',
      { destination: gone('hv2'), toldBefore: true },
      /may have been stopped since/,
    ],
  ])('is not told: %s', (_, told, words) => {
    const place = verdictOf(evidence(told));
    expect(place.kind).toBe('unknown');
    expect(text(place)).toMatch(words);
  });
});

function text(place: GuestPlace): string {
  if (place.kind === 'fine') return '';
  return place.kind === 'wrong' ? `${place.text} ${place.advice}` : place.text;
}
