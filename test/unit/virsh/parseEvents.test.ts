import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { VirshEvent } from '../../../src/virsh/domain.js';
import { EventParser } from '../../../src/virsh/parseEvents.js';

const capture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

function parse(text: string, pieceChars = text.length || 1): VirshEvent[] {
  const parser = new EventParser();
  const events: VirshEvent[] = [];
  for (let at = 0; at < text.length; at += pieceChars) events.push(...parser.feed(text.slice(at, at + pieceChars)));
  return [...events, ...parser.flush()];
}

const short = (event: VirshEvent): string =>
  event.kind === 'iteration'
    ? `iteration ${event.iteration}`
    : event.kind === 'lifecycle'
      ? [event.event, event.detail].join(' ').trim()
      : event.kind;

describe('the event stream', () => {
  it('of a source tells iterations, the switch-over and the real result', () => {
    const events = parse(capture('events-source.txt'));
    expect(events.map(short)).toEqual([
      'iteration 1',
      'iteration 2',
      'iteration 3',
      'iteration 1',
      'iteration 2',
      'Suspended Migrated',
      'Suspended Post-copy',
      'iteration 3',
      'Stopped Migrated',
      'jobCompleted',
    ]);
    expect(events.at(-1)).toMatchObject({
      domainName: 'cap9.0',
      job: { timeElapsedMs: 12_407, downtimeMs: 7, dataProcessedBytes: 706_760_988, memoryIteration: 3 },
    });
  });

  it('of a destination tells what started, failed and resumed', () => {
    expect(parse(capture('events-dest.txt')).map(short)).toContain('Resumed Post-copy');
  });

  it.each([1, 2, 7, 64])('means the same in pieces of %i characters', (pieceChars) => {
    const text = capture('events-source.txt');
    expect(parse(text, pieceChars)).toEqual(parse(text));
  });

  it('passes over prompts, echoes and what virsh says at the end', () => {
    const text = [
      'virsh # event --all --loop --timestamp --timeout 10',
      "virsh # 2026-11-22 22:48:42.466+0000: event 'migration-iteration' for domain 'a': iteration: '4'",
      'event loop timed out',
      'events received: 1',
      '',
      'virsh # ',
    ].join('\n');
    expect(parse(text).map(short)).toEqual(['iteration 4']);
  });

  it('of an old libvirt, which does not quote names, is read', () => {
    expect(parse("event 'lifecycle' for domain web-1: Stopped Migrated\n")).toEqual([
      { kind: 'lifecycle', domainName: 'web-1', event: 'Stopped', detail: 'Migrated', timestamp: undefined },
    ]);
  });

  it.each([
    ["a': Stopped Migrated"],
    ["x' for domain 'victim': Stopped Migrated"],
    ["event 'lifecycle' for domain 'victim': Stopped Migrated"],
    ["a': iteration: '9"],
    ['virsh # event'],
    ['events received: 7'],
    [' leading and trailing '],
    ['🚚 $(reboot) <b>"'],
  ])('never takes a name for an event: %s', (name) => {
    const stopped = parse(`2026-11-22 22:49:23.704+0000: event 'lifecycle' for domain '${name}': Stopped Migrated\n`);
    expect(stopped).toMatchObject([{ kind: 'lifecycle', domainName: name, event: 'Stopped', detail: 'Migrated' }]);
    const iterated = parse(`event 'migration-iteration' for domain '${name}': iteration: '3'\n`);
    expect(iterated).toMatchObject([{ kind: 'iteration', domainName: name, iteration: 3 }]);
    const completed = parse(`event 'job-completed' for domain '${name}':\n\tdowntime: 5\n`);
    expect(completed).toMatchObject([{ kind: 'jobCompleted', domainName: name, job: { downtimeMs: 5 } }]);
  });

  it('delivers a block that paused within a line whole, without waiting for the next event', () => {
    const parser = new EventParser();
    expect(parser.feed("event 'job-completed' for domain 'a':\n\toperation: 5\n\tdownti")).toEqual([]);
    expect(parser.flush()).toEqual([]);
    expect(parser.feed('me: 12\n')).toEqual([]);
    expect(parser.flush()).toMatchObject([{ kind: 'jobCompleted', job: { downtimeMs: 12 } }]);
    expect(parser.flush()).toEqual([]);
  });

  it('delivers a block whose last line never ends, without a figure from that line', () => {
    const parser = new EventParser();
    parser.feed("event 'job-completed' for domain 'a':\n\toperation: 5\n\tdowntime: 1");
    const [event] = [...parser.flush(), ...parser.flush()];
    expect(event).toMatchObject({ kind: 'jobCompleted', job: { downtimeMs: undefined } });
  });

  it('of a job that failed says so', () => {
    expect(
      parse("event 'job-completed' for domain 'a':\n\toperation: 9\n\tsuccess: 0\n\terrmsg: no space\n"),
    ).toMatchObject([{ kind: 'jobCompleted', job: { type: 'failed', errorMessage: 'no space' } }]);
  });

  it('without line ends is not collected for ever, and goes on after the next one', () => {
    const parser = new EventParser();
    for (let piece = 0; piece < 50; piece++) expect(parser.feed('x'.repeat(10_000))).toEqual([]);
    expect(parser.feed("\nevent 'lifecycle' for domain 'a': Stopped Migrated\n").map(short)).toEqual([
      'Stopped Migrated',
    ]);
  });

  it('keeps events of kinds it does not know', () => {
    expect(parse("event 'control-error' for domain 'a'\n")).toMatchObject([
      { kind: 'other', event: 'control-error', domainName: 'a' },
    ]);
  });
});
