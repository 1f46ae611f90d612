import { describe, expect, it, vi } from 'vitest';
import { CommandTimedOut, ShellDied, VirshShell } from '../../../src/virsh/shell.js';
import { ScriptedVirsh, type VirshScript } from '../scriptedVirsh.js';

const limitMs = 1000;
const echoAnswer = (line: string): { stdout: string } => ({ stdout: `answer to ${line}\n\n` });

async function shellOf(script: VirshScript): Promise<{ shell: VirshShell; virsh: ScriptedVirsh }> {
  const virsh = new ScriptedVirsh(script);
  return { shell: await VirshShell.open(virsh, 'hv1', limitMs), virsh };
}

describe('a reply of a long-lived virsh', () => {
  const dialects: readonly [string, Omit<VirshScript, 'answer'>][] = [
    ['with readline, which repeats each line', {}],
    ['without readline, which only prompts', { echoes: false }],
    ['on a read-only connection', { prompt: 'virsh > ' }],
    ['without readline, read-only', { prompt: 'virsh > ', echoes: false }],
    ['behind a login shell that prints a banner', { banner: '*** Authorised use only ***\nvirsh # not yet\n' }],
    ['that speaks another language', { unknownCommand: 'Fehler: Unbekannter Befehl: »%«' }],
    ['that arrives a character at a time', { chunkChars: 1 }],
    ['that arrives in sevens, without readline', { chunkChars: 7, echoes: false }],
  ];
  it.each(dialects)('is exactly what the command printed, from a virsh %s', async (_, script) => {
    const { shell } = await shellOf({ ...script, answer: echoAnswer });
    await expect(shell.run('domstate x', limitMs)).resolves.toEqual({ stdout: 'answer to domstate x\n\n', stderr: '' });
    await expect(shell.run('hostname', limitMs)).resolves.toEqual({ stdout: 'answer to hostname\n\n', stderr: '' });
    shell.dispose();
  });

  it('keeps a text that looks like a prompt, or like an echo of ours', async () => {
    const trap = 'virsh # \nvirsh # echo "o"abc\nvirsh # domjobabort x\nevents received: 3\n';
    const { shell } = await shellOf({ answer: () => ({ stdout: trap }) });
    await expect(shell.run('desc x', limitMs)).resolves.toEqual({ stdout: trap, stderr: '' });
    shell.dispose();
  });

  it('that prints nothing is empty, and one without a last newline is whole', async () => {
    const { shell } = await shellOf({ answer: (line) => (line === 'silent' ? {} : { stdout: 'no newline' }) });
    await expect(shell.run('silent', limitMs)).resolves.toEqual({ stdout: '', stderr: '' });
    await expect(shell.run('other', limitMs)).resolves.toEqual({ stdout: 'no newline', stderr: '' });
    shell.dispose();
  });

  it('keeps errors of one command from the next', async () => {
    const { shell } = await shellOf({
      answer: (line) => (line === 'bad' ? { stderr: 'error: Domain not found\n' } : { stdout: 'fine\n' }),
    });
    const [bad, good] = await Promise.all([shell.run('bad', limitMs), shell.run('good', limitMs)]);
    expect(bad).toEqual({ stdout: '', stderr: 'error: Domain not found\n' });
    expect(good).toEqual({ stdout: 'fine\n', stderr: '' });
    shell.dispose();
  });

  it('comes to each of many commands sent at once, in one write', async () => {
    const { shell, virsh } = await shellOf({ answer: echoAnswer });
    const before = virsh.writes;
    const replies = await Promise.all(Array.from({ length: 30 }, (_, i) => shell.run(`domjobinfo ${i}`, limitMs)));
    expect(replies.map((reply) => reply.stdout)).toEqual(
      Array.from({ length: 30 }, (_, i) => `answer to domjobinfo ${i}\n\n`),
    );
    expect(virsh.writes - before).toBe(1);
    shell.dispose();
  });
});

describe('a virsh that fails', () => {
  it('by hanging fails its command with its line and limit, and those behind it as replaced', async () => {
    const { shell } = await shellOf({ answer: (line) => (line === 'slow' ? 'hang' : {}) });
    const slow = shell.run('slow', 20);
    const behind = shell.run('behind', limitMs);
    await expect(slow).rejects.toThrow(new CommandTimedOut('"slow" was not answered on hv1 within 0.02 s.'));
    await expect(behind).rejects.toThrow(/was replaced/);
    await expect(behind).rejects.not.toBeInstanceOf(CommandTimedOut);
    expect(shell.usable).toBe(false);
    await expect(shell.run('later', limitMs)).rejects.toBeInstanceOf(ShellDied);
  });

  it.each([
    ['in the middle of a figure', 'virsh # domjobinfo x\nJob type:         Unbounded\nMemory remaining: 12'],
    ['at a line’s end', 'virsh # domjobinfo x\nJob type:         Unbounded\nMemory remaining: 120.125 MiB\n'],
    ['before it said anything', ''],
  ])('by dying %s gives no half answer', async (_, half) => {
    const { shell, virsh } = await shellOf({ answer: () => 'hang' });
    const asking = shell.run('domjobinfo x', limitMs);
    const behind = shell.run('domstate x', limitMs);
    virsh.say('stdout', half);
    virsh.die(1);
    await expect(asking).rejects.toThrow('The virsh on hv1 ended with exit code 1.');
    await expect(behind).rejects.toBeInstanceOf(ShellDied);
    expect(shell.usable).toBe(false);
  });

  it('by dying when it has come to its answer’s end on one stream only says nothing of what marks that end', async () => {
    const { shell, virsh } = await shellOf({ answer: () => 'hang' });
    const write = vi.spyOn(virsh, 'write');
    const asking = shell.run('domjobinfo x', limitMs);
    await vi.waitFor(() => expect(write).toHaveBeenCalled());
    const word = /\n(e[0-9a-f]{16})\n/.exec(write.mock.calls.flat().join(''))?.[1] ?? '';
    virsh.say('stdout', 'virsh # domjobinfo x\nMemory remaining: 12');
    virsh.say('stderr', `error: unknown command: '${word}'\n`);
    virsh.die(1);
    await expect(asking).rejects.toThrow('The virsh on hv1 ended with exit code 1.');
  });

  it('to start is reported in its own words', async () => {
    const virsh = new ScriptedVirsh({ answer: () => ({}) });
    const opening = VirshShell.open(virsh, 'hv1', limitMs);
    virsh.say(
      'stderr',
      "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory\n",
    );
    virsh.die(1);
    await expect(opening).rejects.toThrow(/Failed to connect socket/);
  });

  it('to be virsh at all is refused', async () => {
    const virsh = new ScriptedVirsh({ prompt: '$ ', answer: () => ({}) });
    await expect(VirshShell.open(virsh, 'hv1', limitMs)).rejects.toThrow(
      "hv1: what answers there is not virsh's prompt.",
    );
  });
});
