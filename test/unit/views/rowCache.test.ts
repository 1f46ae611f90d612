import { describe, expect, it } from 'vitest';
import { RowCache } from '../../../src/views/rowCache.js';
import type { Row } from '../../../src/views/rows.js';

interface Thing {
  readonly name: string;
}

/** A tree of names that a test changes under the cache, and an editor that has drawn all of it. */
class Shown {
  readonly cache = new RowCache<Thing>();
  asked = 0;

  constructor(
    readonly tree: Record<string, string[]>,
    readonly text: Record<string, string> = {},
  ) {
    this.draw(undefined);
  }

  draw(thing: Thing | undefined): void {
    for (const child of this.cache.setChildren(thing, this.children(thing), ({ name }) => name)) {
      this.cache.setRow(child, this.row(child));
      this.draw(child);
    }
  }

  get now(): Parameters<RowCache<Thing>['allStale']>[0] {
    return {
      rowOf: (thing: Thing) => this.row(thing),
      childrenOf: (thing: Thing | undefined) => this.children(thing).map(({ name }) => name),
    };
  }

  private children(thing: Thing | undefined): Thing[] {
    return (this.tree[thing?.name ?? ''] ?? []).map((name) => ({ name }));
  }

  private row({ name }: Thing): Row {
    this.asked += 1;
    return {
      id: name,
      label: this.text[name] ?? name,
      description: undefined,
      icon: { id: 'vm', color: undefined },
      contextValue: '',
      tooltip: [],
      children: 'none',
    };
  }
}

const names = (stale: readonly Thing[] | 'all'): readonly string[] | 'all' =>
  stale === 'all' ? 'all' : stale.map(({ name }) => name);

describe('a refresh', () => {
  const tree = (): Record<string, string[]> => ({ '': ['hv1', 'hv2'], hv1: ['a', 'b'], hv2: ['c'] });

  it('draws nothing when nothing looks different', () => {
    const shown = new Shown(tree());
    expect(shown.cache.allStale(shown.now)).toEqual([]);
  });

  it('draws only the row that looks different', () => {
    const shown = new Shown(tree());
    shown.text['b'] = 'B';
    expect(names(shown.cache.allStale(shown.now))).toEqual(['b']);
  });

  it('draws a parent when its children are others', () => {
    const shown = new Shown(tree());
    shown.tree['hv1'] = ['a', 'b', 'd'];
    expect(names(shown.cache.allStale(shown.now))).toEqual(['hv1']);
  });

  it('draws everything when the root is another', () => {
    const shown = new Shown(tree());
    shown.tree[''] = ['hv2', 'hv1'];
    expect(shown.cache.allStale(shown.now)).toBe('all');
  });

  it('of one host asks about no other', () => {
    const shown = new Shown(tree());
    shown.text['b'] = 'B';
    shown.text['c'] = 'C';
    shown.asked = 0;
    expect(names(shown.cache.staleAmong(['hv1'], shown.now))).toEqual(['b']);
    expect(shown.asked).toBe(3);
  });

  it('of a domain draws its host, too, when that looks different', () => {
    const shown = new Shown(tree());
    shown.text['a'] = 'A';
    shown.text['hv1'] = 'HV1';
    expect(names(shown.cache.staleAmong(['a', 'not shown'], shown.now))).toEqual(['hv1']);
  });

  it('keeps the same object for the same thing, and forgets what has gone', () => {
    const shown = new Shown(tree());
    const id = ({ name }: Thing): string => name;
    const [first] = shown.cache.setChildren(undefined, [{ name: 'hv1' }, { name: 'hv2' }], id);
    const [again] = shown.cache.setChildren(undefined, [{ name: 'hv1' }], id);
    expect(again).toBe(first);
    const [back] = shown.cache.setChildren(undefined, [{ name: 'hv2' }], id);
    expect(back && shown.cache.parentOf(back)).toBeUndefined();
    expect(names(shown.cache.staleAmong(['hv1', 'a'], shown.now))).toEqual([]);
  });
});
