import type { Row } from './rows.js';

interface Shown<Node> {
  readonly node: Node;
  readonly parent: Node | undefined;
  /** As last drawn; undefined until it is. */
  row: string | undefined;
  /** Ids of its children as last listed; undefined while nobody has looked inside. */
  children: readonly string[] | undefined;
}

/** How things are now, to be held against how they were drawn. */
export interface Now<Node> {
  rowOf(node: Node): Row;
  childrenOf(node: Node | undefined): readonly string[];
}

/**
 * Remembers what a tree has drawn, so that a change is answered by redrawing only what looks different. It also keeps each
 * thing's node the same object: the editor finds a row to refresh by identity.
 */
export class RowCache<Node extends object> {
  private readonly shown = new Map<string, Shown<Node>>();
  private readonly ids = new WeakMap<Node, string>();
  private root: readonly string[] | undefined;

  /** Notes what is listed under `parent`, and answers with the nodes to use for it: the old ones where they exist. */
  setChildren(parent: Node | undefined, children: readonly Node[], idOf: (node: Node) => string): Node[] {
    const ids = children.map(idOf);
    const before = parent === undefined ? this.root : this.of(parent)?.children;
    const kept = new Set(ids);
    for (const id of before ?? []) if (!kept.has(id)) this.forget(id);
    if (parent === undefined) this.root = ids;
    else {
      const shown = this.of(parent);
      if (shown !== undefined) shown.children = ids;
    }
    return children.map((fresh, index) => this.keep(ids[index] ?? '', fresh, parent));
  }

  setRow(node: Node, row: Row): void {
    const shown = this.of(node);
    if (shown !== undefined) shown.row = JSON.stringify(row);
  }

  parentOf(node: Node): Node | undefined {
    return this.of(node)?.parent;
  }

  /** Everything that looks different or has other children, topmost only; `all` when the root has others. */
  allStale(now: Now<Node>): Node[] | 'all' {
    if (this.root === undefined) return [];
    if (!same(this.root, now.childrenOf(undefined))) return 'all';
    return this.staleAmong(this.root, now);
  }

  /** The same for these things, what is below them, and the rows they stand under. What is not shown costs nothing. */
  staleAmong(ids: Iterable<string>, now: Now<Node>): Node[] {
    const stale = new Set<Node>();
    for (const id of ids) {
      const above = this.staleAncestor(id, now);
      if (above !== undefined) stale.add(above);
      else this.collect(id, now, stale);
    }
    return [...stale];
  }

  private staleAncestor(id: string, now: Now<Node>): Node | undefined {
    let found: Node | undefined;
    for (let node = this.shown.get(id)?.parent; node !== undefined; node = this.of(node)?.parent) {
      const row = this.of(node)?.row;
      if (row !== undefined && row !== JSON.stringify(now.rowOf(node))) found = node;
    }
    return found;
  }

  private collect(id: string, now: Now<Node>, stale: Set<Node>): void {
    const shown = this.shown.get(id);
    if (shown?.row === undefined) return;
    if (shown.children !== undefined && !same(shown.children, now.childrenOf(shown.node))) {
      stale.add(shown.node);
      return;
    }
    // A redrawn row's children are listed again by the editor anyway: they need no refresh of their own.
    if (shown.row !== JSON.stringify(now.rowOf(shown.node))) stale.add(shown.node);
    else for (const child of shown.children ?? []) this.collect(child, now, stale);
  }

  private of(node: Node): Shown<Node> | undefined {
    const id = this.ids.get(node);
    return id === undefined ? undefined : this.shown.get(id);
  }

  private keep(id: string, fresh: Node, parent: Node | undefined): Node {
    const known = this.shown.get(id);
    if (known !== undefined && known.parent === parent) return known.node;
    // The same thing under another parent (a host that changed its group) is another row.
    if (known !== undefined) this.forget(id);
    this.shown.set(id, { node: fresh, parent, row: undefined, children: undefined });
    this.ids.set(fresh, id);
    return fresh;
  }

  private forget(id: string): void {
    for (const child of this.shown.get(id)?.children ?? []) this.forget(child);
    this.shown.delete(id);
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
