import { UserError } from '../../base/errors.js';
import type { ShellScript } from '../script.js';
import { slackMs } from './common.js';

/** What a host sees at a path. */
export interface FileSight {
  readonly state: 'present' | 'missing' | 'denied';
  /** `ext2/ext3`, `xfs`, `nfs`, as stat calls it: of the file, or of the folder it would be in. */
  readonly fileSystem: string | undefined;
  readonly inode: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly allocatedBytes: number | undefined;
  /** When the file was made, to the nanosecond where the file system keeps that: two hosts that agree see one file. */
  readonly birth: string | undefined;
  readonly freeBytes: number | undefined;
}

/** What this host sees at each of the paths, in their order. */
export function lookAtFiles(paths: readonly string[]): ShellScript<readonly FileSight[]> {
  return {
    label: `look at ${paths.join(', ')}`,
    script: `command -v stat >/dev/null 2>&1 || exit 3
n=0
for path in "$@"; do
  folder=$path
  file=$(stat -L -c '%i|%s|%b|%B|%w' -- "$path" 2>&1)
  if [ $? -ne 0 ]; then
    case $file in *[Dd]enied*) file=denied ;; *) file=missing ;; esac
    folder=$(dirname -- "$path")
  fi
  printf '%s|%s|%s\\n' "$n" "$(stat -f -L -c '%T|%a|%S' -- "$folder" 2>/dev/null || echo '||')" "$file"
  n=$((n+1))
done
exit 0`,
    args: paths,
    timeoutMs: slackMs,
    parse: ({ stdout, exitCode }) => {
      if (exitCode === 3) throw new UserError('It has no stat.');
      const lines = new Map(stdout.split('\n').map((line) => [line.split('|')[0], line.split('|').slice(1)]));
      return paths.map((_path, n) => sightOf(lines.get(String(n)) ?? []));
    },
  };
}

function sightOf(fields: readonly string[]): FileSight {
  const [fileSystem, freeBlocks, blockSize, first, size, blocks, unit, birth] = fields;
  const state = first === undefined || first === 'missing' ? 'missing' : first === 'denied' ? 'denied' : 'present';
  const present = state === 'present';
  return {
    state,
    fileSystem: fileSystem === '' ? undefined : fileSystem,
    inode: present ? first : undefined,
    sizeBytes: numberOf(size),
    allocatedBytes: productOf(blocks, unit),
    birth: birth === undefined || birth === '' || birth === '-' ? undefined : birth,
    freeBytes: productOf(freeBlocks, blockSize),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,18}$/.test(text) ? Number(text) : undefined;
}

function productOf(a: string | undefined, b: string | undefined): number | undefined {
  const [x, y] = [numberOf(a), numberOf(b)];
  return x === undefined || y === undefined ? undefined : x * y;
}
