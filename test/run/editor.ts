// The editor suite in the real extension host of the browser's VS Code. Prints a vitest-like JSON to the path given.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SuiteReport } from '../editor/suite.js';
import { Workbench } from '../editor/workbench.js';
import { repository } from './machine.mjs';

const limitMs = 180_000;

async function main(output: string | undefined): Promise<void> {
  const folder = join(repository, 'out');
  await mkdir(folder, { recursive: true });
  const report = join(folder, 'editor-report.json');
  await rm(report, { force: true });
  const workbench = await Workbench.open({
    suite: join(folder, 'editor-suite.js'),
    env: { LIBVIRT_TEST_REPORT: report },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<number>((resolve) => (timer = setTimeout(() => resolve(-1), limitMs)));
    const code = await Promise.race([workbench.suiteExit, late]);
    const text = await readFile(report, 'utf8').catch(() => undefined);
    const counts: SuiteReport =
      text === undefined
        ? { passed: 0, failed: 1, skipped: 0, failures: [`the suite left no report (exit ${code})`] }
        : (JSON.parse(text) as SuiteReport);
    for (const failure of counts.failures) console.error(`  × ${failure}`);
    console.log(`editor: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    if (output !== undefined) await writeFile(output, JSON.stringify(counts));
    if (code !== 0 || counts.failed > 0 || counts.passed === 0) process.exitCode = 1;
  } finally {
    clearTimeout(timer);
    await workbench.close();
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
