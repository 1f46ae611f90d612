import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SuiteReport } from '../editor/suite.js';
import { repository } from './machine.mjs';

/** The editor suite, as the build leaves it. */
export const editorSuite = join(repository, 'out', 'editor-suite.js');

/** Where the suite in the extension host puts its report, and the variable by which it is told. */
const report = join(repository, 'out', 'editor-report.json');
export const reportEnvironment = { LIBVIRT_TEST_REPORT: report };

/** An earlier run's report says nothing of this one. */
export async function removeReport(): Promise<void> {
  await mkdir(join(repository, 'out'), { recursive: true });
  await rm(report, { force: true });
}

/**
 * What the suite reported. It passes by a report with no failure and at least one test, and by the exit code of the
 * extension host: either alone can be right by mistake.
 */
export async function readReport(exitCode: number): Promise<SuiteReport> {
  const text = await readFile(report, 'utf8').catch(() => undefined);
  const told: SuiteReport =
    text === undefined
      ? { passed: 0, failed: 1, skipped: 0, failures: ['the suite left no report'] }
      : (JSON.parse(text) as SuiteReport);
  const wrong =
    told.failed > 0 || (exitCode === 0 && told.passed > 0)
      ? []
      : [told.passed === 0 ? 'no test was run' : `the extension host ended with exit ${exitCode}`];
  return { ...told, failed: told.failed + wrong.length, failures: [...told.failures, ...wrong] };
}
