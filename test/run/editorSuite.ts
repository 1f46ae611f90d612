import type { SuiteReport } from '../editor/suite.js';
import { Workbench } from '../editor/workbench.js';
import { editorSuite, readReport, removeReport, reportEnvironment } from './suiteReport.js';

const limitMs = 180_000;

/** Runs the built suite in the real extension host of the browser's VS Code. */
export async function runEditorSuite(): Promise<SuiteReport> {
  await removeReport();
  const workbench = await Workbench.open({ suite: editorSuite, env: reportEnvironment });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<number>((resolve) => (timer = setTimeout(() => resolve(-1), limitMs)));
    return await readReport(await Promise.race([workbench.suiteExit, late]));
  } finally {
    clearTimeout(timer);
    await workbench.close();
  }
}
