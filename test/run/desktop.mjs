// `npm run test:desktop`: the editor suite in a downloaded desktop VS Code, for those whose machine can download one. It needs
// no package but npm's.
import { join } from 'node:path';
import { repository } from './machine.mjs';
import { installPackages } from './npmPackages.mjs';
import { run } from './running.mjs';

await installPackages(repository, 'npm packages');
process.exitCode =
  (await run(process.execPath, ['esbuild.mjs'])) ||
  (await run(join(repository, 'node_modules', '.bin', 'tsx'), ['test/run/desktop.ts']));
