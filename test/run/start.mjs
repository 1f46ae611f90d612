// `npm start`: a lab with a stuck migration, and VS Code on it with the extension running. Ctrl-C takes all of it down.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repository } from './machine.mjs';
import { whenOrphaned } from './orphan.mjs';
import { prepareOrExit } from './prepare.mjs';
import { step } from './step.mjs';

await prepareOrExit();
await step('Building', process.execPath, [join(repository, 'esbuild.mjs')], { cwd: repository });
// What follows is TypeScript, like the lab and the workbench; it ends by itself at the signals that reach this process too.
// tsx's own program would stand between, and kills what does not answer its signal within moments: a machine that is busy.
const child = spawn(process.execPath, ['--import', 'tsx', join(repository, 'test', 'run', 'playground.ts')], {
  cwd: repository,
  // Its input ends with this process, however that ends, and so does it.
  stdio: ['pipe', 'inherit', 'inherit'],
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  // The terminal signals the whole group; a plain kill only this process. The child takes a second one for the first.
  process.on(signal, () => child.kill(signal));
}
whenOrphaned(() => child.kill('SIGTERM'));
child.on('close', (code) => process.exit(code ?? 1));
