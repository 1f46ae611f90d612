import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runEditorSuite } from '../run/editorSuite.js';
import { repository } from '../run/machine.mjs';
import { median, report } from './figure.js';

const mib = 1024 * 1024;
const runs = 3;

/** The .vsix against the 1 MB that it may have. */
export function benchSize(): void {
  execFileSync('npm', ['run', '--silent', 'package'], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] });
  const bytes = statSync(join(repository, 'dist', 'libvirt-live-migration.vsix')).size;
  report({ name: 'size', value: bytes / mib, unit: 'MiB', against: 'the .vsix may have 1 MB', bound: 1e6 / mib });
}

/**
 * What the extension costs when the editor starts: loading the bundle and activating it, measured in the real extension host
 * by the editor suite, which is the first to activate it. The bundle is the shipped one.
 */
export async function benchActivation(): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const { activationMs } = await runEditorSuite();
    if (activationMs === undefined) throw new Error('the editor suite did not measure the activation');
    times.push(activationMs);
  }
  report({ name: 'activation', value: median(times), unit: 'ms', against: 'the 100 ms that it may take', bound: 100 });
}
