// Programs run one after another, each in a process group of its own: it can be ended with all that it started, and a
// Ctrl-C reaches it through us alone, once.
import { spawn } from 'node:child_process';
import { repository } from './machine.mjs';

/** For a program to put away what it made; after it, nothing of it is left. */
const graceMs = 20_000;

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
let interrupted = false;

/**
 * Runs a program with this terminal but for its input. Resolves with its exit code, with 1 when it was ended for taking too
 * long, and rejects once everything is interrupted.
 * @param {string} program
 * @param {string[]} args
 * @param {number} [limitMs]
 * @returns {Promise<number>}
 */
export function run(program, args, limitMs) {
  return new Promise((resolve, reject) => {
    if (interrupted) {
      reject(new Error('Interrupted.'));
      return;
    }
    const child = spawn(program, args, { cwd: repository, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
    running = child;
    const limit =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            console.error(`Not done after ${limitMs / 60_000} minutes: ended.`);
            void end(child);
          }, limitMs);
    const done = (/** @type {number} */ code) => {
      clearTimeout(limit);
      if (running === child) running = undefined;
      if (interrupted) reject(new Error('Interrupted.'));
      else resolve(code);
    };
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      done(1);
    });
    child.on('close', (code) => done(code ?? 1));
  });
}

/** Ends what runs, and lets nothing more run. Resolves when it is gone. */
export async function interrupt() {
  interrupted = true;
  if (running !== undefined) await end(running);
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  signalGroup(pid, 'SIGTERM');
  const last = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
  await gone;
  clearTimeout(last);
  // Its children may have outlived it.
  signalGroup(pid, 'SIGKILL');
}

/**
 * @param {number} leader
 * @param {NodeJS.Signals} signal
 */
function signalGroup(leader, signal) {
  try {
    process.kill(-leader, signal);
  } catch {
    // Nobody is left in it.
  }
}
