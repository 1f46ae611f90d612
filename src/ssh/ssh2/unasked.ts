import { writeFileSync } from 'node:fs';
import type { Disposable } from '../../base/disposable.js';
import type { SshEnvironment } from '../environment.js';
import { askpassEnvironment } from '../openssh/askpassProgram.js';
import { PrivateFolder } from '../openssh/folder.js';

/** Begins the line that tells what a command asked. */
const mark = 'nobody can be asked here: ';

/**
 * What ssh runs to ask something: tells the question's first line and ends who asks. Left without an answer it would send an
 * empty password, and that is one failure more on the way to a locked account.
 */
const script = `#!/bin/sh
printf '${mark}%s\\n' "\${1%%
*}" >&2
kill -KILL "$PPID"
`;

/** What an ssh says that would have asked, but could not. */
const unanswered = /^Host key verification failed|Permission denied \(/m;

/** Whether a command's words tell that it ended for want of an answer. */
export function hasAsked(words: string): boolean {
  return words.includes(mark) || unanswered.test(words);
}

/**
 * The environment of a command on the way to a host: an ssh that it runs must not ask by the desktop's own program, which
 * nobody expects, and in the background it finds no screen.
 */
export class Unasked implements Disposable {
  readonly env: Readonly<Record<string, string | undefined>>;
  private readonly folder: PrivateFolder | undefined;

  /** Throws the system's own error where it can't write. */
  constructor({ env, platform }: SshEnvironment, isBackground: boolean) {
    if (platform === 'win32') {
      this.env = { ...env, SSH_ASKPASS: undefined, SSH_ASKPASS_REQUIRE: 'never' };
      return;
    }
    this.folder = new PrivateFolder(platform);
    const program = this.folder.file('askpass');
    try {
      writeFileSync(program, script, { mode: 0o700 });
    } catch (error) {
      this.folder.dispose();
      throw error;
    }
    this.env = askpassEnvironment(program, env, isBackground);
  }

  dispose(): void {
    this.folder?.dispose();
  }
}
