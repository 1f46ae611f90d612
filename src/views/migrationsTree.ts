import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Migrations } from '../migration/model.js';
import { Coalescer } from './coalescer.js';
import { followRunning } from './migrationFeed.js';
import { migrationRow } from './migrationRow.js';
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
}

const refreshMs = 250;

const openCommand = 'libvirt.migrations.openSelected';

/** The view *Migrations*: running ones first, then the recent past, in the order of the model. */
export class MigrationsTree implements vscode.TreeDataProvider<MigrationNode>, Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new vscode.EventEmitter<MigrationNode[] | undefined>();
  private readonly cache = new RowCache<MigrationNode>();

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Migrations,
  ) {
    const refresh = this.owned.add(new Coalescer(refreshMs, () => this.refresh()));
    this.owned.add(this.changed);
    this.owned.add(followRunning(migrations, () => refresh.request()));
    // A host's connection decides what can be done about its migrations.
    this.owned.add(fleet.onDidChange(() => refresh.request()));
    const view = this.owned.add(vscode.window.createTreeView('libvirt.migrations', { treeDataProvider: this }));
    this.owned.add(openSelected(openCommand, view, (node) => this.rowOf(node)));
  }

  getTreeItem(node: MigrationNode): vscode.TreeItem {
    const row = this.rowOf(node);
    this.cache.setRow(node, row);
    return treeItem(row, openCommand);
  }

  getChildren(node?: MigrationNode): MigrationNode[] {
    return node === undefined ? this.cache.setChildren(undefined, this.nodes(), nodeId) : [];
  }

  dispose(): void {
    this.owned.dispose();
  }

  private refresh(): void {
    const stale = this.cache.allStale({
      rowOf: (node) => this.rowOf(node),
      childrenOf: () => this.nodes().map(nodeId),
    });
    if (stale === 'all') this.changed.fire(undefined);
    else if (stale.length > 0) this.changed.fire(stale);
  }

  private nodes(): MigrationNode[] {
    return this.migrations.all.map(({ id, source, domainUuid }): MigrationNode => ({
      kind: 'migration',
      host: source,
      domain: domainUuid,
      migration: id,
    }));
  }

  private rowOf(node: MigrationNode): Row {
    const migration = this.migrations.get(node.migration);
    if (migration !== undefined) return migrationRow(migration, this.fleet);
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

function nodeId({ migration }: MigrationNode): string {
  return rowId('migration', migration);
}
