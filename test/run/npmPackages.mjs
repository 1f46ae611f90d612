// What package-lock.json asks for, compared with what npm says it has installed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { step } from './step.mjs';

/**
 * Installs a folder's packages exactly as its lock file says, unless they are there.
 * @param {string} folder
 * @param {string} what
 */
export async function installPackages(folder, what) {
  if (isInstalled(folder)) return;
  await step(`Installing ${what}`, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
}

/**
 * npm writes node_modules/.package-lock.json last, so an interrupted installation has none.
 * @param {string} folder
 */
function isInstalled(folder) {
  const installedLock = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const wanted = packagesOf(join(folder, 'package-lock.json'));
  const installed = packagesOf(installedLock);
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    // The folder itself, and packages for other platforms.
    if (path === '' || ((optional || devOptional) && !(path in installed))) return true;
    return installed[path]?.version === version;
  });
}

/**
 * @param {string} lockFile
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>}
 */
function packagesOf(lockFile) {
  /** @type {{ packages: ReturnType<typeof packagesOf> }} */
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
  return packages;
}
