import type { PlatformPath } from 'node:path';

/** The names in a folder; none where it can't be read. */
export type ListFolder = (folder: string) => Promise<readonly string[]>;

/** More files than this are a pattern that was meant otherwise. */
const maxPaths = 1000;

/**
 * The files an absolute path with `*`, `?` and `[...]` stands for, in the order of their names, as glob(3) has them. A path
 * without such characters stands for itself, whether it exists or not.
 */
export async function expandGlob(pattern: string, path: PlatformPath, list: ListFolder): Promise<string[]> {
  const { root } = path.parse(pattern);
  const parts = pattern
    .slice(root.length)
    .split(path.sep === '\\' ? /[\\/]/ : '/')
    .filter((part) => part !== '');
  let paths = [root];
  for (const part of parts) {
    if (!/[*?[]/.test(part)) {
      paths = paths.map((folder) => path.join(folder, part));
      continue;
    }
    const matcher = matcherOf(part, path.sep === '\\');
    const found = await Promise.all(
      paths.map(async (folder) => (await list(folder)).filter(matcher).map((name) => path.join(folder, name))),
    );
    paths = found.flat().sort().slice(0, maxPaths);
  }
  return paths;
}

/** Windows' names mean the same in any case. A leading dot is matched by a dot only. */
function matcherOf(part: string, ignoreCase: boolean): (name: string) => boolean {
  const source = part.replace(/\[[!^]?\]?[^\]]*\]|[*?]|[.+^${}()|[\]\\]/g, (found) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    if (found.length === 1) return `\\${found}`;
    const inside = found
      .slice(1, -1)
      .replace(/^[!^]/, '')
      .replace(/[\\[\]^]/g, '\\$&');
    return /^\[[!^]/.test(found) ? `[^${inside}]` : `[${inside}]`;
  });
  let expression: RegExp;
  try {
    expression = new RegExp(`^${source}$`, ignoreCase ? 'isu' : 'su');
  } catch {
    // A range that runs backwards matches nothing.
    return () => false;
  }
  return (name) => expression.test(name) && (part.startsWith('.') || !name.startsWith('.'));
}
