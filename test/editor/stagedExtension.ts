import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../run/machine.mjs';

/** What the package holds; see .vscodeignore. */
const shipped = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'dist', 'media'];

/**
 * The built extension in a folder of its own, as it is shipped. Not the repository itself: the editor takes any theme that
 * lies inside a folder under development for the one being developed, and VS Code itself lies in there.
 */
export async function stagedExtension(): Promise<string> {
  const folder = join(repository, 'out', 'extension');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of shipped) await cp(join(repository, name), join(folder, name), { recursive: true });
  return folder;
}
