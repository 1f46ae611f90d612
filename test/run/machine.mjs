// What is where: the repository, and the programs of this machine.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** code-server's copy of VS Code, in a package of its own so that the extension's packages know nothing of it. */
export const vscodeServerFolder = join(repository, 'test', 'editor', 'vscode-server');
export const vscodeServer = join(vscodeServerFolder, 'node_modules', 'code-server', 'lib', 'vscode');

/**
 * Where a program is on PATH; undefined when it isn't.
 * @param {...string} names the first one found wins
 * @returns {string | undefined}
 */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder !== '' && isProgram(path)) return path;
    }
  }
  return undefined;
}

/** The Chromium that draws the workbench in tests, under any of the names it goes by. */
export function findBrowser() {
  return findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
