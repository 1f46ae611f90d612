// VS Code as a server for the browser, from code-server's npm package: its own install script wants compilers and refuses
// root, and nothing that it builds is needed here.
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, vscodeServer, vscodeServerFolder } from './machine.mjs';
import { installPackages } from './npmPackages.mjs';
import { step } from './step.mjs';

export async function installVscodeServer() {
  await installPackages(vscodeServerFolder, 'VS Code for the browser (code-server)');
  if (!existsSync(join(vscodeServer, 'node_modules', '.package-lock.json'))) {
    const args = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund'];
    // Not `npm ci`: its shrinkwrap is not in step with its package.json.
    await step('Installing the packages of VS Code for the browser', 'npm', args, { cwd: vscodeServer });
  }
  // The server looks for its packages where the desktop keeps them in an archive.
  link('node_modules', join(vscodeServer, 'node_modules.asar'));
  // Its log files need a native part; without them output channels stay empty.
  copyFileSync(
    join(vscodeServerFolder, 'spdlog.cjs'),
    join(vscodeServer, 'node_modules', '@vscode', 'spdlog', 'index.js'),
  );
  const rg = findProgram('rg');
  if (rg !== undefined) link(rg, join(vscodeServer, 'node_modules', '@vscode', 'ripgrep', 'bin', 'rg'));
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
