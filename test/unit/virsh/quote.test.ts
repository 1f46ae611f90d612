import { describe, expect, it } from 'vitest';
import { shellQuote, virshLine, virshStartLine } from '../../../src/virsh/quote.js';

describe('a line for virsh', () => {
  it.each([
    [
      ['domstate', '--reason', '6695eb01-f6a4-8304-79aa-97f2502e193f'],
      'domstate --reason 6695eb01-f6a4-8304-79aa-97f2502e193f',
    ],
    [['echo', 'two words'], 'echo "two words"'],
    [['echo', 'a;b'], 'echo "a;b"'],
    [['echo', '#no comment'], 'echo "#no comment"'],
    [['echo', 'say "hi" \\ there'], 'echo "say \\"hi\\" \\\\ there"'],
    [['echo', "it's"], 'echo "it\'s"'],
    [['echo', '$(reboot)'], 'echo "$(reboot)"'],
    [['echo', ''], 'echo ""'],
  ])('quotes %j', (words, line) => {
    expect(virshLine(words)).toBe(line);
  });

  it.each(['a\nb', 'a\rb', 'a\tb', 'a\u0000b', 'caf\u00e9', '🚚', '\u001b[A', '\u007f'])(
    'refuses %j, which could become another command',
    (word) => {
      expect(() => virshLine(['echo', word])).toThrow(/printable ASCII/);
    },
  );
});

describe('the line that starts virsh', () => {
  it.each([
    ['virsh', false, 'env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null virsh -c qemu:///system'],
    ['virsh', true, 'env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null virsh -r -c qemu:///system'],
    ['sudo -n virsh', false, 'sudo -n env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null virsh -c qemu:///system'],
    [
      ' docker exec -i nova_libvirt virsh ',
      false,
      'docker exec -i nova_libvirt env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null virsh -c qemu:///system',
    ],
  ])('reaches through %s', (virsh, readOnly, line) => {
    expect(virshStartLine({ virsh, uri: 'qemu:///system', readOnly })).toBe(line);
  });

  it.each([
    [
      '"/opt/my libvirt/virsh"',
      'env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null "/opt/my libvirt/virsh" -c qemu:///system',
    ],
    [
      'docker exec -i "a  b" virsh',
      'docker exec -i "a  b" env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null virsh -c qemu:///system',
    ],
    ['sudo\nvirsh', 'sudo env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null virsh -c qemu:///system'],
    ['', 'env LC_ALL=C LANGUAGE=C XDG_CACHE_HOME=/dev/null virsh -c qemu:///system'],
  ])('keeps the words of %j', (virsh, line) => {
    expect(virshStartLine({ virsh, uri: 'qemu:///system', readOnly: false })).toBe(line);
  });

  it('takes a command with a locale of its own as it is, for a sudo that allows only virsh', () => {
    expect(virshStartLine({ virsh: 'env LC_ALL=C sudo -n virsh', uri: 'qemu:///system', readOnly: false })).toBe(
      'env LC_ALL=C sudo -n virsh -c qemu:///system',
    );
  });

  it("never empties the user's history of virsh, and leaves a session's daemon its cache", () => {
    const start = (uri: string): string => virshStartLine({ virsh: 'virsh', uri, readOnly: false });
    expect(start('qemu:///system')).not.toContain('VIRSH_HISTSIZE');
    expect(start('qemu:///session')).not.toContain('XDG_CACHE_HOME');
  });

  it('quotes a URI that a shell would take apart', () => {
    expect(virshStartLine({ virsh: 'virsh', uri: 'qemu:///system?a=1&b=$(x)', readOnly: false })).toContain(
      "-c 'qemu:///system?a=1&b=$(x)'",
    );
  });
});

describe('a word for a shell', () => {
  it.each([
    ['plain', 'plain'],
    ['two words', "'two words'"],
    ["it's", "'it'\\''s'"],
    ['a\\', "'a'\\\\''"],
    ['=virsh', "'=virsh'"],
    ['', "''"],
  ])('%j is %s', (word, quoted) => {
    expect(shellQuote(word)).toBe(quoted);
  });

  it.each(['a\nb', 'a!b'])('refuses %j', (word) => {
    expect(() => shellQuote(word)).toThrow();
  });
});
