// VS Code as a server for the browser, from code-server's npm package: its own install script wants compilers and refuses
// root, and nothing that it builds is needed here.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from './repository.mjs';
import { findProgram } from './programs.mjs';
import { installPackages } from './npmPackages.mjs';
import { step } from './step.mjs';

const folder = join(repository, 'test', 'editor', 'vscode-server');
const vscode = join(folder, 'node_modules', 'code-server', 'lib', 'vscode');

/** The server's entry point, to be run with Node. */
export const serverMain = join(vscode, 'out', 'server-main.js');

export async function installVscodeServer() {
  await installPackages(folder, 'VS Code for the browser (code-server)');
  if (!existsSync(join(vscode, 'node_modules', '.package-lock.json'))) {
    const args = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'];
    // Not `npm ci`: its shrinkwrap is not in step with its package.json.
    await step('Installing the packages of VS Code for the browser', 'npm', args, { cwd: vscode });
  }
  // The server looks for its packages where the desktop keeps them in an archive.
  link('node_modules', join(vscode, 'node_modules.asar'));
  const rg = findProgram('rg');
  if (rg !== undefined) link(rg, join(vscode, 'node_modules', '@vscode', 'ripgrep', 'bin', 'rg'));
}

/**
 * @param {string} target
 * @param {string} path
 */
function link(target, path) {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
