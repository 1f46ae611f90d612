// The editor suite in a desktop VS Code that @vscode/test-electron downloads: the second half of `npm run test:desktop`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests, TestRunFailedError } from '@vscode/test-electron';
import { stagedExtension } from '../editor/stagedExtension.js';
import { editorSuite, readReport, removeReport, reportEnvironment } from './suiteReport.js';

async function main(): Promise<void> {
  await removeReport();
  const profile = await mkdtemp(join(tmpdir(), 'libvirt-desktop-'));
  let exitCode: number;
  try {
    exitCode = await runTests({
      extensionDevelopmentPath: await stagedExtension(),
      extensionTestsPath: editorSuite,
      extensionTestsEnv: reportEnvironment,
      launchArgs: [
        ...['--disable-extensions', '--disable-workspace-trust', '--user-data-dir', profile],
        // Electron's sandbox refuses root.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ],
    });
  } catch (error) {
    // Without it, VS Code was not even started: there is no network, or no display.
    if (!(error instanceof TestRunFailedError)) throw error;
    exitCode = error.code ?? -1;
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 });
  }
  const report = await readReport(exitCode);
  for (const failure of report.failures) console.error(`  × ${failure}`);
  console.log(`desktop: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
  if (report.failed > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(`The desktop suite did not run: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
