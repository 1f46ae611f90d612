import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runEditorSuite } from '../run/editorSuite.js';
import { repository } from '../run/machine.mjs';
import { median, report } from './figure.js';
import { writeLongJournal } from './longJournal.js';

const mib = 1024 * 1024;
const runs = 3;
/** As many as are kept. */
const longMigrations = 50;

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
  const empty: number[] = [];
  const filled: number[] = [];
  // In turn, so that what else the machine does meets both.
  for (let run = 0; run < runs; run++) {
    empty.push(await activationMs(0));
    filled.push(await activationMs(longMigrations));
  }
  report({ name: 'activation', value: median(empty), unit: 'ms', against: 'the 100 ms that it may take', bound: 100 });
  report({
    name: 'activation.journal',
    value: median(filled) / median(empty),
    unit: 'x',
    against: `activation without a journal; with one of ${longMigrations} migrations of an hour`,
    bound: 1.5,
  });
}

async function activationMs(migrations: number): Promise<number> {
  const fillStorage = (storage: string): Promise<void> => writeLongJournal(storage, migrations);
  const { activationMs: took, migrations: known } = await runEditorSuite({ fillStorage });
  if (took === undefined) throw new Error('the editor suite did not measure the activation');
  if (known !== migrations) throw new Error(`of ${migrations} migrations in the journal ${String(known)} are known`);
  return took;
}
