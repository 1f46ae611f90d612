import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** A page: its script and style sheet in dist, by their common name, and its title. */
export interface PageSource {
  readonly name: 'panel' | 'form' | 'evacuation' | 'comparison';
  readonly title: string;
}

/** A page's frame: one script, by nonce; styles and fonts only from the extension; nothing from anywhere else. */
export function pageHtml(webview: vscode.Webview, dist: vscode.Uri, { name, title }: PageSource): string {
  const nonce = randomBytes(18).toString('base64');
  const uri = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${uri('codicon.css')}">
<link rel="stylesheet" href="${uri(`${name}.css`)}">
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${uri(`${name}.js`)}"></script>
</body>
</html>
`;
}
