import { describe, expect, it } from 'vitest';
import {
  answerText,
  cap,
  NAME_LIMIT,
  nameText,
  TOOLTIP_LIMIT,
  tooltipText,
  visible,
} from '../../../src/panel/browser/text.js';

describe('text from a host', () => {
  it('can not turn round what follows it', () => {
    expect(visible('web\u202egpj.exe')).toBe('web\\u202egpj.exe');
    expect(visible('\u2066a\u2069')).toBe('\\u2066a\\u2069');
  });

  it('shows control characters instead of obeying them', () =>
    expect(visible('a\u001b[31mb\u0000')).toBe('a\\u001b[31mb\\u0000'));

  it('keeps emoji, honest right-to-left names and markup as they are: it is only ever set as text', () => {
    for (const text of ['🦊👩‍👩‍👧', 'שלום', '<img src=x onerror=alert(1)>', '$(reboot)']) expect(nameText(text)).toBe(text);
  });

  it('keeps a name on one line, and an answer on its own', () => {
    expect(nameText('a\nb\t c')).toBe('a b c');
    expect(answerText('error: a\r\nerror: b')).toBe('error: a\nerror: b');
  });

  it('cuts 10 kB to a tooltip, and to less for a line', () => {
    const title = 'x'.repeat(10_240);
    expect(nameText(title)).toHaveLength(NAME_LIMIT);
    expect(tooltipText(title)).toHaveLength(TOOLTIP_LIMIT);
    expect(nameText(title).endsWith('…')).toBe(true);
  });

  it('never cuts an emoji in two', () => {
    expect(cap('ab🦊cd', 4)).toBe('ab…');
    expect(cap('ab🦊cd', 5)).toBe('ab🦊…');
    expect(cap('abcd', 4)).toBe('abcd');
  });
});
