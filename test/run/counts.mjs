// What a suite's report says, in numbers.
import { existsSync, readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Reads a suite's report: vitest's, or the editor suite's own. A suite that left none, ran no test, or failed outside of
 * its tests, has failed.
 * @param {string} report
 * @param {number} exitCode
 * @returns {Counts & { problem?: string }}
 */
export function readCounts(report, exitCode) {
  const counts = existsSync(report) ? countsOf(reportIn(report)) : undefined;
  if (counts === undefined) return { passed: 0, failed: 1, skipped: 0, problem: 'it left no report' };
  if (counts.failed > 0) return counts;
  if (counts.passed === 0) return { ...counts, failed: 1, problem: 'no test was run' };
  if (exitCode !== 0) return { ...counts, failed: 1, problem: `it failed outside of its tests (exit ${exitCode})` };
  return counts;
}

/**
 * @param {string} file
 * @returns {VitestReport | Counts}
 */
function reportIn(file) {
  return /** @type {VitestReport | Counts} */ (JSON.parse(readFileSync(file, 'utf8')));
}

/**
 * @typedef {object} VitestReport
 * @property {number} numTotalTests
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults
 */

/**
 * @param {VitestReport | Counts} report
 * @returns {Counts}
 */
function countsOf(report) {
  if (!('numTotalTests' in report)) {
    return { passed: report.passed, failed: report.failed, skipped: report.skipped };
  }
  // A file that can't be loaded, or whose hook fails, has no failed test of its own.
  const filesFailed = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + filesFailed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
