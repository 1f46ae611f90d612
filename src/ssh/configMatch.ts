import { isNamed } from './patterns.js';

/** What the criteria of a Match are held against. */
export interface MatchSubject {
  /** As typed. */
  readonly original: string;
  /** As HostName has it so far. */
  readonly hostName: string;
  readonly user: string;
  readonly localUser: string;
  readonly tag: string;
  /** Whether the configuration is read a second time, for `final` and `canonical`. */
  readonly isFinal: boolean;
}

/** Whether a Match applies; where only ssh could tell, the criterion that decides. */
export type MatchVerdict = boolean | { readonly onlySsh: string };

const withoutValue = new Set(['all', 'canonical', 'final']);

/** Judges the words behind `Match`. A criterion that can't be judged here does not matter where another one fails. */
export function judgeMatch(words: readonly string[], subject: MatchSubject): MatchVerdict {
  let onlySsh: string | undefined;
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, not = '', name = '', given] = /^(!?)([^=]*)(?:=([^]*))?$/.exec(word) ?? [];
    const criterion = name.toLowerCase();
    const value = withoutValue.has(criterion) ? '' : (given ?? left.shift() ?? '');
    const holds = judge(criterion, value, subject);
    if (holds === undefined) onlySsh ??= criterion;
    else if (holds === (not === '!')) return false;
  }
  return onlySsh === undefined ? true : { onlySsh };
}

/** Undefined where only ssh could tell. */
function judge(criterion: string, value: string, subject: MatchSubject): boolean | undefined {
  switch (criterion) {
    case 'all':
      return true;
    case 'canonical':
    case 'final':
      return subject.isFinal;
    case 'host':
      return isInList(value.toLowerCase(), subject.hostName.toLowerCase());
    case 'originalhost':
      return isInList(value.toLowerCase(), subject.original.toLowerCase());
    case 'user':
      return isInList(value, subject.user);
    case 'localuser':
      return isInList(value, subject.localUser);
    case 'tagged':
      return isInList(value, subject.tag);
    default:
      return undefined;
  }
}

function isInList(list: string, name: string): boolean {
  return isNamed(list.split(','), name);
}
