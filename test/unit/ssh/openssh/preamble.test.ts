import { describe, expect, it } from 'vitest';
import { Preamble } from '../../../../src/ssh/openssh/preamble.js';

describe('what a server says before a command', () => {
  it.each([
    ['nothing', '', ['error'], ['error', '']],
    ['a banner, at once with the error', 'Hello\n', ['Hello\nerror'], ['error', '']],
    ['a banner in pieces', 'Hello\n', ['He', 'llo', '\nerr', 'or'], ['', '', 'err', 'or', '']],
    ['a banner that comes again', 'Hello\n', ['Hello\n', 'Hello\n'], ['', 'Hello\n', '']],
    ['another banner this time', 'Hello 1\n', ['Hello', ' 2\n', 'error'], ['', 'Hello 2\n', 'error', '']],
    ['no banner this time', 'Hello\n', ['He'], ['', 'He']],
  ])('is left out of what the command says: %s', (_, known, pieces, given) => {
    const preamble = new Preamble(known);
    expect([...pieces.map((piece) => preamble.next(piece)), preamble.rest()]).toEqual(given);
  });
});
