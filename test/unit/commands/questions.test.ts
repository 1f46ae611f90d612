import { describe, expect, it } from 'vitest';
import { abortQuestion, pauseQuestion, postcopyQuestion } from '../../../src/commands/questions.js';
import { FakeMigration, mib, stuckFigures } from '../fakes.js';

const stuck = (): FakeMigration =>
  new FakeMigration({ domainName: 'web-1', state: { destination: 'hv2' } }).sample(26_000, {
    ...stuckFigures(7, 121),
    memoryBytesPerSecond: 20 * mib,
    memoryProcessedBytes: 900 * mib,
  });

describe('what is asked before', () => {
  it('a pause names the guest, and how long it will stand still for', () => {
    expect(pauseQuestion(stuck())).toEqual({
      message: "Pause 'web-1' while its memory is copied?",
      detail:
        "'web-1' stops for its users until the migration ends: 121 MiB of memory are left at 20.0 MiB/s, and what it dirtied in this " +
        'iteration has to be sent as well, about 10 s in all. libvirt resumes it by itself at the end, and not before: only aborting, or post-copy, lets it go on sooner.',
      button: 'Pause Guest',
    });
  });

  it('a pause of what has not been read claims no figure', () => {
    const { message, detail } = pauseQuestion(new FakeMigration({ domainName: 'web-1' }));
    expect(message).toContain("'web-1'");
    expect(detail).toContain("'web-1' stops for its users until the migration ends, and what it dirtied");
    expect(detail).not.toMatch(/\d+ (MiB|B)|unknown|NaN|undefined/);
  });

  it('an abort names the guest, where it goes on, and what is thrown away', () => {
    expect(abortQuestion(stuck())).toEqual({
      message: "Abort the migration of 'web-1'?",
      detail: "'web-1' stays on hv1 and goes on there. The 900 MiB of memory sent so far are thrown away.",
      button: 'Abort Migration',
    });
    expect(abortQuestion(new FakeMigration({ domainName: 'web-1' })).detail).toBe(
      "'web-1' stays on hv1 and goes on there. What has been copied is thrown away.",
    );
  });

  it('post-copy names the guest, both hosts, and that there is no way back', () => {
    const { message, detail } = postcopyQuestion(stuck());
    expect(message).toBe("Switch 'web-1' to post-copy?");
    expect(detail).toContain("'web-1' goes on at once on hv2 and fetches the rest of its memory from hv1");
    expect(detail).toContain('121 MiB of memory are left at 20.0 MiB/s');
    expect(detail).toContain('There is no way back');
    expect(postcopyQuestion(new FakeMigration({ state: { destination: undefined } })).detail).toContain(
      'goes on at once on its destination',
    );
  });

  it('anything shows a hostile name as text, on one line and in short', () => {
    const name = `x'?\n\nIt costs nothing. ${'y'.repeat(500)}`;
    for (const question of [pauseQuestion, abortQuestion, postcopyQuestion]) {
      const { message } = question(new FakeMigration({ domainName: name }));
      expect(message).not.toContain('\n');
      expect(message.length).toBeLessThan(120);
    }
  });
});
