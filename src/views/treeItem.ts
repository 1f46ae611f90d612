import * as vscode from 'vscode';
import { cleanForLog } from '../base/cleanText.js';
import type { Row } from './rows.js';

const collapsible = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
} as const;

/**
 * The editor's form of a row. All of its text is a host's: shown as text, never as markup. `open` is the view's own command
 * for a click, see openSelected.ts.
 */
export function treeItem(row: Row, open: string): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, collapsible[row.children]);
  item.id = row.id;
  item.iconPath = new vscode.ThemeIcon(
    row.icon.id,
    row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color),
  );
  item.contextValue = row.contextValue;
  item.tooltip = plainTooltip(row.tooltip);
  if (row.description !== undefined) item.description = row.description;
  if (row.command !== undefined) item.command = { command: open, title: row.command.title };
  const spoken = row.description === undefined ? row.label : `${row.label}, ${row.description}`;
  item.accessibilityInformation = { label: spoken };
  return item;
}

/** Paragraphs, each escaped: what looks like Markdown in a name is shown, not rendered. */
function plainTooltip(paragraphs: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = false;
  text.supportHtml = false;
  paragraphs.forEach((paragraph, index) => {
    if (index > 0) text.appendMarkdown('\n\n');
    text.appendText(cleanForLog(paragraph));
  });
  return text;
}
