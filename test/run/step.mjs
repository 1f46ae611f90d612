// One step of preparing: says in a line what it does, runs a command, and tells what it said only when it failed.
import { spawn } from 'node:child_process';

/** A step that can't be done, in words for whoever ran it. */
export class PrepareError extends Error {}

/** As many of a failed command's last lines as show its cause. */
const shownLines = 25;

/**
 * Runs `command`, quietly; with `title`, after printing it.
 * @param {string | undefined} title
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<string>} what it printed
 */
export function step(title, command, args, options = {}) {
  if (title !== undefined) console.log(`${title} ...`);
  return new Promise((resolve, reject) => {
    // Without a standard input, nothing can wait for an answer that nobody will give.
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new PrepareError(`${command}: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(output);
        return;
      }
      const last = output.trimEnd().split('\n').slice(-shownLines).join('\n');
      reject(new PrepareError(`${command} ${args.join(' ')} failed (${signal ?? code}):\n${last}`));
    });
  });
}
