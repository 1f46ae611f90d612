// `npm run test:desktop`: the editor suite in a downloaded desktop VS Code, for those whose machine can download one.
import { join } from 'node:path';
import { repository } from './machine.mjs';
import { prepareOrExit } from './prepare.mjs';
import { step } from './step.mjs';

await prepareOrExit();
await step('Building', process.execPath, [join(repository, 'esbuild.mjs')], { cwd: repository });
const { runTests } = await import('@vscode/test-electron');
try {
  const code = await runTests({
    extensionDevelopmentPath: repository,
    extensionTestsPath: join(repository, 'out', 'editor-suite.js'),
    launchArgs: ['--disable-extensions', '--disable-workspace-trust'],
  });
  process.exitCode = code;
} catch (error) {
  console.error(`The desktop suite failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
