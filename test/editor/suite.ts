import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { leftVariable } from './left.js';
import { activation, activationMs, knownMigrations } from './suites/activation.js';
import { commands } from './suites/commands.js';
import { endings, forecasts } from './suites/migrations.js';

/** Where the report goes: the extension host's console reaches nobody unformatted. */
const reportVariable = 'LIBVIRT_TEST_REPORT';

/** What the launcher reads: counts, and each failure in words. */
export interface SuiteReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
  /** Load and activation in the real extension host. */
  readonly activationMs?: number | undefined;
  /** At the end of the suite: those that earlier windows have left. */
  readonly migrations?: number;
}

/** Runs the suites in the extension host. Rejects when a test fails or none was run, so that the host's exit code tells. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: 'min' });
  mocha.suite.emit('pre-require', globalThis, null, mocha);
  activation();
  commands();
  if (process.env[leftVariable] !== undefined) {
    forecasts();
    endings();
  }
  const failures: string[] = [];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', () => counts.passed++);
    runner.on('pending', () => counts.skipped++);
    runner.on('fail', (test, error: Error) => {
      counts.failed++;
      failures.push(`${test.fullTitle()}: ${error.message}`);
    });
  });
  const report: SuiteReport = { ...counts, failures, activationMs, migrations: knownMigrations() };
  const path = process.env[reportVariable];
  if (path !== undefined) writeFileSync(path, JSON.stringify(report));
  if (counts.failed > 0 || counts.passed === 0) throw new Error(failures.join('\n') || 'no test was run');
}
