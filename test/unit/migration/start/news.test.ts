import { describe, expect, it } from 'vitest';
import type { GuestPlace } from '../../../../src/migration/model.js';
import type { StartedMigration, StartState } from '../../../../src/migration/start/model.js';
import { laterNewsOf, newsOf, type StartSurroundings } from '../../../../src/migration/start/news.js';
import { endAfter } from '../../../../src/migration/start/start.js';
import { FakeMigration } from '../../fakes.js';
import { requested, started } from './started.js';

const start = (state: StartState, startedAtMs = 1000): StartedMigration =>
  started({ id: 'one', request: requested({ domainUuid: 'u' }), line: 'migrate …', startedAtMs, state });
const endedAtMs = 3000;

const fine: GuestPlace = { kind: 'fine', on: 'hv2' };
const nowhere: GuestPlace = {
  kind: 'wrong',
  problem: 'runsNowhere',
  short: 'RUNS NOWHERE',
  text: 'The guest runs on neither host.',
  advice: 'Start it on hv1.',
  resumeOn: undefined,
};
const here = { windowBeganAtMs: 500, seen: true, place: undefined };
/** It was started before this window began, and ended after. */
const meanwhile = { ...here, windowBeganAtMs: 2000 };
const later = { ...here, windowBeganAtMs: 4000 };
const success: StartState = { kind: 'succeeded', endedAtMs };
const failure: StartState = { kind: 'failed', endedAtMs, text: 'no route' };
const abort: StartState = { kind: 'failed', endedAtMs, text: "job 'migration out' canceled by client" };
const interrupted: StartState = {
  kind: 'failed',
  endedAtMs,
  text: "operation failed: job 'migration in' failed in post-copy phase",
};

describe('the end of a migration that was started here', () => {
  it.each<[string, StartState, StartSurroundings, RegExp | undefined]>([
    ['one that goes on', { kind: 'running' }, meanwhile, undefined],
    ['a success of this window', success, here, undefined],
    [
      'a success that nobody saw',
      success,
      { ...here, seen: false, place: fine },
      /complete\. The guest is on hv2, and/,
    ],
    [
      'a success that nobody can verify',
      success,
      { ...later, place: { kind: 'unknown', text: 'Who knows.' } },
      /Who kn/,
    ],
    [
      'a success of an earlier one',
      success,
      later,
      /'web-1' from hv1 to hv2 is complete: it went on while this window/,
    ],
    ['a success of an earlier one, ended in this one', success, meanwhile, /is complete\.$/],
    [
      'a success that left no guest',
      success,
      { ...here, seen: false, place: nowhere },
      /neither host\. Start it on hv1\./,
    ],
    ['a failure of this window', failure, here, /failed: no route\.$/],
    ['a failure of an earlier one', failure, later, /failed: no route\.$/],
    ['a failure that left no guest', failure, { ...here, place: nowhere }, /no route\. The guest runs on neither/],
    ['an abort of this window', abort, here, undefined],
    ['an abort that nobody saw', abort, { ...here, seen: false }, /was aborted\.$/],
    ['an abort of an earlier one', abort, later, /was aborted while this window was closed/],
    ['a post-copy that was interrupted', interrupted, later, undefined],
    ['one nobody can tell', { kind: 'unknown', endedAtMs, text: 'it rebooted' }, here, /it rebooted\. Look where it/],
    [
      'one nobody can tell, found',
      { kind: 'unknown', endedAtMs, text: 'it rebooted' },
      { ...here, place: fine },
      /on hv2/,
    ],
  ])('%s: what is said', (_name, state, around, text) => {
    const news = newsOf(start(state), around);
    if (text === undefined) expect(news).toBeUndefined();
    else expect(news?.text).toMatch(text);
  });

  it('is an abort as well where its virsh was killed, and the hosts told that it was aborted', () => {
    const { state } = new FakeMigration({ state: { outcome: { kind: 'aborted' }, endedAtMs } });
    const killed = endAfter(state);
    if (killed === undefined) throw new Error('the end of the migration is that of the start');
    expect(newsOf(start(killed), here)).toBeUndefined();
    expect(newsOf(start(killed), later)?.text).toMatch(/was aborted while this window was closed/);
  });

  it('is bad news where the guest is not as it should be, whatever virsh says', () => {
    expect(newsOf(start(success), { ...here, seen: false, place: nowhere })?.tone).toBe('bad');
    expect(newsOf(start(success), { ...here, seen: false, place: fine })?.tone).toBe('good');
  });

  it('is told later, where only then the hosts could be asked, and only what is wrong', () => {
    expect(laterNewsOf(start(success), nowhere)?.text).toMatch(/has ended\. The guest runs on neither host/);
    expect(laterNewsOf(start(success), fine)).toBeUndefined();
  });

  it('says no control characters and no more than a notice holds', () => {
    const news = newsOf(start({ kind: 'failed', endedAtMs, text: `a\u001b[31m\n${'x'.repeat(2000)}` }), here);
    expect(news?.text).not.toMatch(/\p{Cc}/u);
    expect(news?.text.length).toBeLessThan(700);
  });
});
