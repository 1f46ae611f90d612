import * as vscode from 'vscode';

/** A file by its path or its URI, as an argument names it. */
export function fileUri(file: string): vscode.Uri {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(file) ? vscode.Uri.parse(file) : vscode.Uri.file(file);
}
