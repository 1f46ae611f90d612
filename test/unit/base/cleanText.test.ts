import { describe, expect, it } from 'vitest';
import { cleanForLog, cleanForNotice, cleanLabel, clip, escapeIcons } from '../../../src/base/cleanText.js';

describe('text from a host', () => {
  it.each([
    ['two lines', 'a\nb', 'a\\nb'],
    ['a carriage return that would overwrite the line', 'failed\rok', 'failed\\rok'],
    ['a terminal escape', '\u001b[31mred', '\\u001b[31mred'],
    ['a NUL', 'a\u0000b', 'a\\u0000b'],
    ['a bidirectional override', 'web\u202egpj', 'web\\u202egpj'],
    ['an isolate', '\u2066x\u2069', '\\u2066x\\u2069'],
    ['what has no width', 'web\u200b-1', 'web\\u200b-1'],
    ['a C1 control', '\u009b31m', '\\u009b31m'],
  ])('can not act in the log: %s', (_, text, shown) => {
    expect(cleanForLog(text)).toBe(shown);
  });

  it('stays as it is when it is honest', () => {
    const names = ['web-1', 'Übung 3', 'שלום', '👩‍💻 dev', '日本', '$(reboot)', '<b>x</b>'];
    expect(names.map(cleanForLog)).toEqual(names);
    expect(names.map((name) => cleanLabel(name))).toEqual(names);
  });

  it('is one short line in a label', () => {
    expect(cleanLabel('  a \n\n b\t c ')).toBe('a b c');
    const long = cleanLabel('x'.repeat(10_000));
    expect(long).toHaveLength(200);
    expect(long.endsWith('…')).toBe(true);
    expect(cleanLabel('\u202e'.repeat(10_000)).length).toBeLessThanOrEqual(200);
  });

  it('is never cut inside an emoji', () => {
    expect(clip('ab😀cd', 4)).toBe('ab…');
    expect(clip('ab😀cd', 6)).toBe('ab😀cd');
  });

  it('makes no link of a notification and no icon of the status bar', () => {
    expect(cleanForNotice('[click](command:workbench.action.quit)')).not.toContain('](');
    expect(escapeIcons('$(sync~spin) web')).toBe('\\$(sync~spin) web');
    expect(escapeIcons('$(touch owned)')).toBe('$(touch owned)');
  });
});
