import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { repository } from '../run/machine.mjs';
import { Lab } from '../lab/lab.js';
import { stateFolder } from '../lab/layout.js';

const limitMs = 180_000;

it(
  'npm start shows a stuck migration and prints where, and Ctrl-C takes all of it down',
  async () => {
    const child = spawn('npm', ['start'], { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const ready = new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        output += chunk.toString();
        if (output.includes('Ready.')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      void ended.then(() => reject(new Error(output)));
    });
    try {
      await ready;
      expect(output).toMatch(/Open http:\/\/127\.0\.0\.1:\d+\//);
      const address = /Open (\S+)/.exec(output)?.[1] ?? '';
      expect((await fetch(address)).status).toBe(200);
      const lab = await Lab.find();
      expect(await lab?.host('hv1').virsh(['domjobinfo', 'shop-db'])).toMatch(/Outgoing migration/);
    } finally {
      // A terminal's Ctrl-C reaches the whole group.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
      await ended;
    }
    expect(output).toMatch(/Down\./);
    expect(existsSync(stateFolder)).toBe(false);
    expect(await Lab.find()).toBeUndefined();
  },
  limitMs,
);
