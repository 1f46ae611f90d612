import * as vscode from 'vscode';
import { pageHtml, type PageSource } from './pageHtml.js';

/** Gives a panel its icon and its page, which may load what is in dist and nothing else. Whoever listens to it does so before. */
export function preparePanel(panel: vscode.WebviewPanel, extensionUri: vscode.Uri, page: PageSource): void {
  const dist = vscode.Uri.joinPath(extensionUri, 'dist');
  panel.webview.options = { enableScripts: true, localResourceRoots: [dist] };
  const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', `migration-${theme}.svg`);
  panel.iconPath = { light: icon('light'), dark: icon('dark') };
  panel.webview.html = pageHtml(panel.webview, dist, page);
}
