import { leftVariable } from '../editor/left.js';
import { leaveMigrations } from '../editor/leftMigrations.js';
import type { SuiteReport } from '../editor/suite.js';
import { Workbench, type WorkbenchOptions } from '../editor/workbench.js';
import { editorSuite, readReport, removeReport, reportEnvironment } from './suiteReport.js';

const limitMs = 180_000;

/**
 * Runs the built suite in the real extension host of the browser's VS Code, on what an earlier window has left: what its tests of
 * migrations look for, or what is given, and those tests are not among them.
 */
export async function runEditorSuite({
  fillStorage,
}: Pick<WorkbenchOptions, 'fillStorage'> = {}): Promise<SuiteReport> {
  await removeReport();
  const workbench = await Workbench.open({
    fillStorage: fillStorage ?? leaveMigrations,
    suite: editorSuite,
    env: { ...reportEnvironment, ...(fillStorage === undefined ? { [leftVariable]: '1' } : {}) },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<number>((resolve) => (timer = setTimeout(() => resolve(-1), limitMs)));
    return await readReport(await Promise.race([workbench.suiteExit, late]));
  } finally {
    clearTimeout(timer);
    await workbench.close();
  }
}
