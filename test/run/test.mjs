// `npm test`: installs what is missing, then checks, builds, and runs every suite. Ends with one line over all of them.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './machine.mjs';
import { prepareOrExit } from './prepare.mjs';

const ci = process.env['CI'] === 'true';
const reports = join(repository, 'out', 'reports');
const bin = (/** @type {string} */ name) => join(repository, 'node_modules', '.bin', name);
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

/**
 * Runs a program with this terminal; resolves with its exit code.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>}
 */
function run(program, args) {
  return new Promise((resolve) => {
    running = spawn(program, args, { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'] });
    running.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(1);
    });
    running.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * A step that is no test: a failure counts as one.
 * @param {string} title
 * @param {string} program
 * @param {string[]} args
 */
async function check(title, program, args) {
  console.log(`\n== ${title}`);
  const code = await run(program, args);
  if (code !== 0) total.failed += 1;
  return code === 0;
}

/**
 * Runs one suite and adds what its report counts. One that leaves no report, or ran no test, has failed.
 * @param {string} name
 * @param {(report: string) => Promise<number>} start
 */
async function suite(name, start) {
  console.log(`\n== ${name}`);
  const report = join(reports, `${name}.json`);
  rmSync(report, { force: true });
  const began = Date.now();
  const code = await start(report);
  const counts = existsSync(report) ? countsOf(JSON.parse(readFileSync(report, 'utf8'))) : undefined;
  if (counts === undefined || counts.passed + counts.failed === 0) {
    console.error(`${name}: no test was run`);
    total.failed += 1;
    return;
  }
  // A suite may fail outside of its tests: in a hook, or at its end.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  for (const kind of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[kind] += counts[kind];
  console.log(`${name}: ${JSON.stringify(counts)} in ${Math.round((Date.now() - began) / 1000)} s`);
}

/** Vitest's report and the editor suite's own. */
function countsOf(report) {
  if (typeof report.numTotalTests !== 'number')
    return { passed: report.passed, failed: report.failed, skipped: report.skipped };
  const suitesFailed = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + suitesFailed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const vitest = (/** @type {string} */ project) => (/** @type {string} */ report) =>
  run(bin('vitest'), [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);

/** Why the lab can't run here; the empty string when it can. */
function labMissing() {
  return new Promise((resolve) => {
    const child = spawn(bin('tsx'), ['test/lab/missingHere.ts'], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('close', () => resolve(text.trim()));
  });
}

async function main() {
  await prepareOrExit();
  mkdirSync(reports, { recursive: true });
  const checked = await check('type check, lint, format, README', 'npm', ['run', '--silent', 'check']);
  const built = await check('build', process.execPath, ['esbuild.mjs']);
  if (!checked || !built) console.error('The checks failed; the suites run all the same.');

  await suite('unit', vitest('unit'));
  await suite('editor', (report) => run(bin('tsx'), ['test/run/editor.ts', report]));
  const missing = await labMissing();
  if (missing === '') {
    await suite('lab', vitest('lab'));
    await suite('e2e', vitest('e2e'));
    await run(bin('tsx'), ['test/lab/cli.ts', 'down']);
  } else {
    console.error(`\n== lab and e2e can't run here: ${missing}`);
    total.skipped += 2;
  }
  const failed = total.failed > 0 || (ci && total.skipped > 0);
  if (ci && total.skipped > 0) console.error('With CI=true nothing may be skipped.');
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = failed ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    running?.kill('SIGTERM');
    run(bin('tsx'), ['test/lab/cli.ts', 'down']).then(() => process.exit(130));
  });
}
await main();
