import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SuiteReport } from '../editor/suite.js';
import { Workbench } from '../editor/workbench.js';
import { repository } from './machine.mjs';

const limitMs = 180_000;

/** Runs the built suite in the real extension host of the browser's VS Code. A suite that leaves no report has failed. */
export async function runEditorSuite(): Promise<SuiteReport> {
  const folder = join(repository, 'out');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'editor-report.json');
  await rm(path, { force: true });
  const workbench = await Workbench.open({
    suite: join(folder, 'editor-suite.js'),
    env: { LIBVIRT_TEST_REPORT: path },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<number>((resolve) => (timer = setTimeout(() => resolve(-1), limitMs)));
    const code = await Promise.race([workbench.suiteExit, late]);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const failed = (why: string): SuiteReport => ({ passed: 0, failed: 1, skipped: 0, failures: [why] });
    if (text === undefined) return failed(`the suite left no report (exit ${code})`);
    const report = JSON.parse(text) as SuiteReport;
    return code === 0 || report.failed > 0 ? report : failed(`the extension host ended with ${code}`);
  } finally {
    clearTimeout(timer);
    await workbench.close();
  }
}
