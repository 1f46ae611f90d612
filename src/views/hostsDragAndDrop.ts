import * as vscode from 'vscode';
import { cleanForNotice } from '../base/cleanText.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Migrations } from '../migration/model.js';
import { dropOf, isDraggable } from './hostsDrop.js';
import type { HostsNode } from './hostsModel.js';

/** As the editor names what a tree view of this id hands over. */
const mimeType = 'application/vnd.code.tree.libvirt.hosts';

/** Dragging a guest onto another host opens the form that migrates it there. */
export class HostsDragAndDrop implements vscode.TreeDragAndDropController<HostsNode> {
  readonly dragMimeTypes = [mimeType];
  readonly dropMimeTypes = [mimeType];

  constructor(
    private readonly fleet: Fleet,
    private readonly migrations: Pick<Migrations, 'running'>,
  ) {}

  handleDrag(nodes: readonly HostsNode[], data: vscode.DataTransfer): void {
    const dragged = nodes.filter(isDraggable);
    if (dragged.length > 0) data.set(mimeType, new vscode.DataTransferItem(dragged));
  }

  handleDrop(onto: HostsNode | undefined, data: vscode.DataTransfer): void {
    const drop = dropOf(draggedNodes(data.get(mimeType)?.value), onto, this.fleet, this.migrations);
    switch (drop.kind) {
      case 'nothing':
        return;
      case 'refused':
        void vscode.window.showInformationMessage(cleanForNotice(drop.why));
        return;
      case 'migrate': {
        const { host, domain, destination } = drop;
        // The one path for all: the command checks and reports.
        void vscode.commands.executeCommand('libvirt.migrate', { host, domain, destination });
        return;
      }
    }
  }
}

/** Within a window the editor hands over the very rows; anything else is not ours. */
function draggedNodes(value: unknown): readonly HostsNode[] {
  return Array.isArray(value) ? value.filter(isDomainNode) : [];
}

function isDomainNode(value: unknown): value is Extract<HostsNode, { kind: 'domain' }> {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, host, domain } = value as Partial<Record<string, unknown>>;
  return kind === 'domain' && typeof host === 'string' && typeof domain === 'string';
}
