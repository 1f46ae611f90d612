// `npm test`: installs what is missing, then checks, builds, and runs every suite. Ends with one line over all of them.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readCounts } from './counts.mjs';
import { repository } from './machine.mjs';
import { whenOrphaned } from './orphan.mjs';
import { prepare } from './prepare.mjs';
import { interrupt, run } from './running.mjs';
import { PrepareError } from './step.mjs';

const ci = process.env['CI'] === 'true';
const reports = join(repository, 'out', 'reports');
const bin = (/** @type {string} */ name) => join(repository, 'node_modules', '.bin', name);
const minutes = 60_000;
/** Whether a suite may have brought the lab up: one that is there before is somebody else's. */
let labUsed = false;
const total = { passed: 0, failed: 0, skipped: 0 };

/**
 * A step that is no test: only its failure counts.
 * @param {string} title
 * @param {string} program
 * @param {string[]} args
 */
async function check(title, program, args) {
  console.log(`\n== ${title}`);
  if ((await run(program, args, 10 * minutes)) === 0) return;
  console.error(`${title}: failed. The suites run all the same.`);
  total.failed += 1;
}

/**
 * Runs one suite and adds what its report counts.
 * @param {string} name
 * @param {number} limitMs
 * @param {(report: string) => [program: string, args: string[]]} command
 */
async function suite(name, limitMs, command) {
  console.log(`\n== ${name}`);
  const report = join(reports, `${name}.json`);
  rmSync(report, { force: true });
  const began = Date.now();
  const code = await run(...command(report), limitMs);
  const { passed, failed, skipped, problem } = readCounts(report, code);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  if (problem !== undefined) console.error(`${name}: ${problem}`);
  const seconds = Math.round((Date.now() - began) / 1000);
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
}

/**
 * @param {string} project
 * @param {number} limitMs
 */
function vitestSuite(project, limitMs) {
  return suite(project, limitMs, (report) => [
    bin('vitest'),
    ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ]);
}

/**
 * Counts the tests of a suite that can't run here.
 * @param {string} project
 * @param {string} why
 */
function skip(project, why) {
  const args = ['list', '--project', project, '--json'];
  /** @type {unknown[]} */
  const tests = JSON.parse(execFileSync(bin('vitest'), args, { cwd: repository, encoding: 'utf8' }));
  console.log(`\n== ${project}: ${tests.length} skipped. ${why}`);
  total.skipped += tests.length;
}

/** Why the lab can't run here; the empty string when it can. */
function labMissing() {
  return execFileSync(bin('tsx'), ['test/lab/missingHere.ts'], { cwd: repository, encoding: 'utf8' }).trim();
}

/** Nothing of the lab stays, even of a suite that was killed. */
function labDown() {
  if (!labUsed) return;
  spawnSync(bin('tsx'), ['test/lab/cli.ts', 'down'], { cwd: repository, stdio: 'inherit', timeout: minutes });
}

async function main() {
  await prepare();
  mkdirSync(reports, { recursive: true });
  await check('Types, lint, format, README', 'npm', ['run', '--silent', 'check']);
  // What is shipped; the build after it is what the other suites run.
  await vitestSuite('package', 5 * minutes);
  await check('Build', process.execPath, ['esbuild.mjs']);
  await vitestSuite('unit', 10 * minutes);
  await suite('editor', 5 * minutes, (report) => [bin('tsx'), ['test/run/editor.ts', report]]);
  const missing = labMissing();
  if (missing === '') {
    labUsed = true;
    await vitestSuite('lab', 40 * minutes);
    await vitestSuite('e2e', 45 * minutes);
    labDown();
  } else {
    for (const project of ['lab', 'e2e']) skip(project, missing);
  }
}

const state = { interrupted: false };

function onInterrupt() {
  if (state.interrupted) return;
  state.interrupted = true;
  console.error('\nInterrupted: ending what runs ...');
  void interrupt()
    .then(labDown)
    .finally(() => process.exit(130));
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, onInterrupt);
whenOrphaned(onInterrupt);

await main().catch((/** @type {unknown} */ error) => {
  if (state.interrupted) return;
  console.error(error instanceof PrepareError ? error.message : error);
  total.failed += 1;
});
if (!state.interrupted) {
  if (ci && total.skipped > 0) console.error('With CI=true nothing may be skipped.');
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed > 0 || (ci && total.skipped > 0) ? 1 : 0;
}
