import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Migrations } from '../migration/model.js';
import { type PastItem, type PastList, pastList, pastPage } from '../migration/past/pastList.js';
import type { PastMigrations } from '../migration/past/pastMigrations.js';
import { Coalescer } from './coalescer.js';
import { followRunning } from './migrationFeed.js';
import { migrationRow, pastRow } from './migrationRow.js';
import { groupRow, moreRow, type PastGroup } from './pastRows.js';
import { RowCache } from './rowCache.js';
import { type Row, rowId } from './rows.js';
import { openSelected } from './openSelected.js';
import { treeItem } from './treeItem.js';

/** A migration in the list; its fields are those that commands take as arguments. */
export interface MigrationNode {
  readonly kind: 'migration';
  readonly host: string;
  readonly domain: string;
  readonly migration: string;
  readonly group: PastGroup | undefined;
}

/** What stands between migrations: a group, and the row that shows more of it. */
interface GroupNode {
  /** Of a note: that there is more. */
  readonly kind: 'group' | 'note';
  readonly group: PastGroup;
}

type Node = MigrationNode | GroupNode;

const refreshMs = 250;

const openCommand = 'libvirt.migrations.openSelected';
/** The view's own: it shows the next page of a group. */
export const moreCommand = 'libvirt.migrations.more';

/** The view *Migrations*: running ones first, then the past, a page at a time, and what was imported. */
export class MigrationsTree implements vscode.TreeDataProvider<Node>, Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new vscode.EventEmitter<Node[] | undefined>();
  private readonly cache = new RowCache<Node>();
  private readonly shown: Record<PastGroup, number> = { past: pastPage, imported: pastPage };

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Migrations,
    private readonly past: Pick<PastMigrations, 'archived' | 'get' | 'onDidChange' | 'load'>,
  ) {
    const refresh = this.owned.add(new Coalescer(refreshMs, () => this.refresh()));
    this.owned.add(this.changed);
    this.owned.add(followRunning(migrations, () => refresh.request()));
    this.owned.add(past.onDidChange(() => refresh.request()));
    // A host's connection decides what can be done about its migrations.
    this.owned.add(fleet.onDidChange(() => refresh.request()));
    const view = this.owned.add(
      vscode.window.createTreeView('libvirt.migrations', { treeDataProvider: this, canSelectMany: true }),
    );
    this.owned.add(openSelected(openCommand, view, (node) => this.rowOf(node)));
    this.owned.add(
      vscode.commands.registerCommand(moreCommand, (group: unknown) => {
        if (group !== 'past' && group !== 'imported') return;
        this.shown[group] += pastPage;
        this.changed.fire(undefined);
      }),
    );
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const row = this.rowOf(node);
    this.cache.setRow(node, row);
    return treeItem(row, openCommand);
  }

  getChildren(node?: Node): Node[] {
    // What is beyond the recent ones is read once somebody looks.
    if (node?.kind === 'group' || node === undefined) void this.past.load();
    return this.cache.setChildren(node, this.childrenOf(node), nodeId);
  }

  dispose(): void {
    this.owned.dispose();
  }

  private refresh(): void {
    const stale = this.cache.allStale({
      rowOf: (node) => this.rowOf(node),
      childrenOf: (node) => this.childrenOf(node).map(nodeId),
    });
    if (stale === 'all') this.changed.fire(undefined);
    else if (stale.length > 0) this.changed.fire(stale);
  }

  private get list(): PastList {
    return pastList(this.migrations.all, this.past.archived, this.shown);
  }

  private childrenOf(node: Node | undefined): Node[] {
    const { past, morePast, imported, moreImported } = this.list;
    if (node === undefined) {
      const running = this.migrations.all.filter(({ state }) => state.outcome === undefined);
      const groups = [
        ...(past.length > 0 ? (['past'] as const) : []),
        ...(imported.length > 0 ? (['imported'] as const) : []),
      ];
      return [
        ...running.map((migration) => nodeOf(migration, undefined)),
        ...groups.map((group): GroupNode => ({ kind: 'group', group })),
      ];
    }
    if (node.kind !== 'group') return [];
    const { group } = node;
    const [items, hasMore] = group === 'past' ? [past, morePast] : [imported, moreImported];
    const more: GroupNode[] = hasMore ? [{ kind: 'note', group }] : [];
    return [...items.map((item) => nodeOf(item, group)), ...more];
  }

  private rowOf(node: Node): Row {
    if (node.kind !== 'migration')
      return node.kind === 'group' ? groupRow(node.group) : moreRow(node.group, moreCommand);
    const migration = this.migrations.get(node.migration);
    if (migration !== undefined && node.group !== 'imported') return migrationRow(migration, this.fleet);
    const entry = this.past.get(node.migration);
    if (entry !== undefined) return pastRow(entry);
    return {
      id: nodeId(node),
      label: '…',
      description: undefined,
      icon: { id: 'blank', color: undefined },
      contextValue: 'gone',
      tooltip: [],
      children: 'none',
    };
  }
}

function nodeOf({ id, source, domainUuid }: PastItem, group: PastGroup | undefined): MigrationNode {
  return { kind: 'migration', host: source, domain: domainUuid, migration: id, group };
}

function nodeId(node: Node): string {
  return node.kind === 'migration' ? rowId('migration', node.migration) : rowId(node.kind, node.group);
}
