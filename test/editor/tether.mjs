// Runs a program that must not outlive the one that started it, and removes its folder after it:
//   node tether.mjs FOLDER PROGRAM [ARGUMENT...]
// The end of standard input is the sign to stop, so even a killed test run leaves neither processes nor files.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { constants } from 'node:os';

const [folder = '', program = '', ...args] = process.argv.slice(2);
const graceMs = 5000;

// A group of its own: stopping it takes its children along, and a Ctrl-C meant for others does not reach it.
const child = spawn(program, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });

/** @param {NodeJS.Signals} signal */
function killGroup(signal) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

function stop() {
  killGroup('SIGTERM');
  setTimeout(() => killGroup('SIGKILL'), graceMs).unref();
}

process.stdin.on('end', stop).on('error', stop).resume();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, stop);

child.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  killGroup('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']);
});
