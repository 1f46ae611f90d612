import * as vscode from 'vscode';
import type { Disposable } from '../base/disposable.js';
import type { Row } from './rows.js';

/**
 * Makes `command` run what the selected row of `view` stands for. Rows carry this command without arguments: the editor
 * keeps arguments of a row's command on this side and forgets them when the row is drawn again, so that a click on a row
 * that changes every second would now and then find nothing to run.
 */
export function openSelected<Node>(
  command: string,
  view: vscode.TreeView<Node>,
  rowOf: (node: Node) => Row,
): Disposable {
  return vscode.commands.registerCommand(command, async () => {
    const [node] = view.selection;
    const target = node === undefined ? undefined : rowOf(node).command;
    if (target !== undefined) await vscode.commands.executeCommand(target.command, ...target.arguments);
  });
}
