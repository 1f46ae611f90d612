import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { posixQuote } from '../../../src/virsh/quote.js';
import { scriptText } from '../../../src/virsh/scriptRunner.js';

const run = (script: string, args: readonly string[]): string =>
  execFileSync('sh', ['-s'], { input: scriptText({ script, args }, 'token'), encoding: 'utf8', stdio: 'pipe' });

describe('a script for a host', () => {
  it('gets its words as they are, whatever they hold', () => {
    const words = ['a b', "it's", '$(touch /tmp/x)', '`id`', '"', '!', '-n', 'two\nlines', '\\', '', '😀', '*'];
    const out = run('for word; do printf "%s\\0" "$word"; done', words);
    expect(out.slice(out.indexOf('token\n') + 6).split('\0')).toEqual([...words, '']);
  });

  it('finds nothing to read, and none of it is eaten by what it runs', () => {
    expect(run('cat; echo done', [])).toBe('\ntoken\ndone\n');
  });

  it('ends with the code of its last command', () => {
    expect(() => run('exit 3', [])).toThrow(expect.objectContaining({ status: 3 }));
    expect(() => run('false', [])).toThrow(expect.objectContaining({ status: 1 }));
  });

  it('takes no NUL', () => {
    expect(() => posixQuote('a\0b')).toThrow(/NUL/);
  });
});
