// Installs what is missing for `npm start` and `npm test`. Runs before there is a node_modules, so it uses Node alone; quick
// when nothing is missing.
import { pathToFileURL } from 'node:url';
import { installAptPackages } from './aptPackages.mjs';
import { installPackages } from './npmPackages.mjs';
import { repository } from './machine.mjs';
import { PrepareError } from './step.mjs';
import { installVscodeServer } from './vscodeServer.mjs';

const oldestNode = 20;

/** Resolves once everything that can be installed is; what remains missing has been said. */
export async function prepare() {
  const node = Number(process.versions.node.split('.')[0]);
  if (node < oldestNode) throw new PrepareError(`Node ${oldestNode} or newer is needed; this is ${process.version}.`);
  await installAptPackages();
  await installPackages(repository, 'npm packages');
  await installVscodeServer();
}

/**
 * Prepares, and ends the program with one clear message if that fails.
 */
export async function prepareOrExit() {
  try {
    await prepare();
  } catch (error) {
    console.error(error instanceof PrepareError ? error.message : error);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await prepareOrExit();
