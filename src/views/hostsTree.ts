import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import type { Event } from '../base/emitter.js';
import type { Fleet, Hypervisor } from '../hypervisor/model.js';
import type { Migration, Migrations } from '../migration/model.js';
import { Coalescer } from './coalescer.js';
import { domainRow } from './domainRow.js';
import { HostsDragAndDrop } from './hostsDragAndDrop.js';
import {
  groupRow,
  hostChildren,
  hostNodes,
  hostRow,
  type HostsNode,
  noteId,
  noteRow,
  rootNodes,
} from './hostsModel.js';
import { followRunning } from './migrationFeed.js';
import { RowCache } from './rowCache.js';
import { type Row, rowId } from './rows.js';
import { openSelected } from './openSelected.js';
import { treeItem } from './treeItem.js';

/** A burst of events makes one refresh; longer would be seen as lag. */
const refreshMs = 150;

/** What of the settings the tree shows: what is wrong with them. */
export interface HostProblems {
  readonly problems: readonly string[];
  readonly onDidChange: Event<void>;
}

/** How often a host that is gone says anew for how long. */
const ageMs = 1000;

const openCommand = 'libvirt.hosts.openSelected';

/** The view *Hosts*: group > host > domain. Only rows that look different are drawn again. */
export class HostsTree implements vscode.TreeDataProvider<HostsNode>, Disposable {
  private readonly owned = new Disposables();
  private readonly changed = new vscode.EventEmitter<HostsNode[] | undefined>();
  private readonly cache = new RowCache<HostsNode>();

  readonly onDidChangeTreeData = this.changed.event;

  /** What may look different since the last refresh: everything, or these rows. */
  private everything = false;
  private readonly touched = new Set<string>();
  private readonly refreshing = new Coalescer(refreshMs, () => this.refresh());
  private followed = new Map<Hypervisor, Disposable>();
  /** Rows of running migrations, so that they are drawn again when these end. */
  private migrating: readonly string[] = [];

  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Migrations,
    private readonly settings: HostProblems,
  ) {
    this.owned.add(this.refreshing);
    this.owned.add(this.changed);
    this.owned.add({ dispose: () => this.followed.forEach((subscription) => subscription.dispose()) });
    this.owned.add(fleet.onDidChange(() => this.followHosts()));
    this.owned.add(settings.onDidChange(() => this.touchAll()));
    this.owned.add(followRunning(migrations, (migration) => this.touchMigration(migration)));
    this.followHosts();
    const view = this.owned.add(
      vscode.window.createTreeView('libvirt.hosts', {
        treeDataProvider: this,
        showCollapseAll: true,
        dragAndDropController: new HostsDragAndDrop(fleet, migrations),
      }),
    );
    this.owned.add(openSelected(openCommand, view, (node) => this.rowOf(node)));
    const ageing = setInterval(() => {
      if (view.visible) this.touchReconnecting();
    }, ageMs);
    this.owned.add({ dispose: () => clearInterval(ageing) });
  }

  getTreeItem(node: HostsNode): vscode.TreeItem {
    const row = this.rowOf(node);
    this.cache.setRow(node, row);
    return treeItem(row, openCommand);
  }

  getChildren(node?: HostsNode): HostsNode[] {
    return this.cache.setChildren(node, this.childrenOf(node), nodeId);
  }

  getParent(node: HostsNode): HostsNode | undefined {
    return this.cache.parentOf(node);
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** The fleet tells that something changed, each host whether it was it: one busy host among hundreds stays cheap. */
  private followHosts(): void {
    const hosts = this.fleet.hypervisors;
    if (hosts.length === this.followed.size && hosts.every((host) => this.followed.has(host))) return;
    const before = this.followed;
    this.followed = new Map(
      hosts.map((host) => [host, before.get(host) ?? host.onDidChange(() => this.touch(hostId(host.config.name)))]),
    );
    for (const [host, subscription] of before) if (!this.followed.has(host)) subscription.dispose();
    this.touchAll();
  }

  private touchMigration(migration: Migration | undefined): void {
    if (migration !== undefined) {
      this.touch(...domainIds(migration));
      return;
    }
    const running = this.migrations.all.filter(({ state }) => state.outcome === undefined);
    this.touch(...this.migrating);
    this.migrating = running.flatMap(domainIds);
    this.touch(...this.migrating);
  }

  private touchReconnecting(): void {
    for (const { status, config } of this.fleet.hypervisors) {
      if (status.kind === 'reconnecting') this.touch(hostId(config.name));
    }
  }

  private touchAll(): void {
    this.everything = true;
    this.refreshing.request();
  }

  private touch(...ids: readonly string[]): void {
    for (const id of ids) this.touched.add(id);
    this.refreshing.request();
  }

  private refresh(): void {
    const now = {
      rowOf: (node: HostsNode) => this.rowOf(node),
      childrenOf: (node: HostsNode | undefined) => this.childrenOf(node).map(nodeId),
    };
    const stale = this.everything ? this.cache.allStale(now) : this.cache.staleAmong(this.touched, now);
    this.everything = false;
    this.touched.clear();
    if (stale === 'all') this.changed.fire(undefined);
    else if (stale.length > 0) this.changed.fire(stale);
  }

  private childrenOf(node: HostsNode | undefined): HostsNode[] {
    switch (node?.kind) {
      case undefined:
        return rootNodes(this.fleet, this.settings.problems);
      case 'group':
        return hostNodes(this.fleet, node.group);
      case 'host': {
        const hypervisor = this.fleet.get(node.host);
        return hypervisor === undefined ? [] : hostChildren(hypervisor);
      }
      case 'domain':
      case 'note':
        return [];
    }
  }

  private rowOf(node: HostsNode): Row {
    switch (node.kind) {
      case 'note':
        return noteRow(node);
      case 'group':
        return groupRow(node, this.fleet);
      case 'host': {
        const hypervisor = this.fleet.get(node.host);
        return hypervisor === undefined ? goneRow(node) : hostRow(hypervisor, this.fleet, Date.now());
      }
      case 'domain':
        return this.domainRowOf(node.host, node.domain, this.fleet.get(node.host)) ?? goneRow(node);
    }
  }

  private domainRowOf(host: string, uuid: string, hypervisor: Hypervisor | undefined): Row | undefined {
    const domain = hypervisor?.domains.get(uuid);
    if (hypervisor === undefined || domain === undefined) return undefined;
    return domainRow(hypervisor, domain, this.migrations.running(host, uuid), this.fleet);
  }
}

function hostId(host: string): string {
  return rowId('host', host);
}

/** Its rows: on its source, and on its destination where that is known. */
function domainIds({ source, domainUuid, state }: Migration): string[] {
  const hosts = state.destination === undefined ? [source] : [source, state.destination];
  return hosts.map((host) => rowId('domain', host, domainUuid));
}

function nodeId(node: HostsNode): string {
  switch (node.kind) {
    case 'note':
      return noteId(node);
    case 'group':
      return rowId('group', node.group);
    case 'host':
      return hostId(node.host);
    case 'domain':
      return rowId('domain', node.host, node.domain);
  }
}

/** For the moment between a thing's going and its parent's being drawn again. */
function goneRow(node: HostsNode): Row {
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
