import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import { abort } from './abort.js';
import { addHost } from './addHost.js';
import { connect } from './connect.js';
import { disconnect } from './disconnect.js';
import { editHosts } from './editHosts.js';
import { forgetHostKey } from './forgetHostKey.js';
import { forgetSecrets } from './forgetSecrets.js';
import { openMigration } from './openMigration.js';
import { pause } from './pause.js';
import { refresh } from './refresh.js';
import { removeHost } from './removeHost.js';
import { tellDone, tellFailed } from './report.js';
import { resume } from './resume.js';
import type { Command, CommandServices } from './services.js';
import { setMaxDowntime } from './setMaxDowntime.js';
import { setSpeed } from './setSpeed.js';
import { showLog } from './showLog.js';
import { switchToPostcopy } from './switchToPostcopy.js';

const commands: readonly Command[] = [
  addHost,
  removeHost,
  connect,
  disconnect,
  refresh,
  openMigration,
  setSpeed,
  setMaxDowntime,
  pause,
  resume,
  switchToPostcopy,
  abort,
  showLog,
  editHosts,
  forgetHostKey,
  forgetSecrets,
];

/** Registers every command. */
export function registerCommands(services: CommandServices): Disposable {
  const owned = new Disposables();
  for (const command of commands) {
    owned.add(vscode.commands.registerCommand(command.id, (argument: unknown) => run(command, services, argument)));
  }
  return owned;
}

/**
 * Tells how it went, once. A command that fails resolves with undefined: the editor would show a rejection a second time.
 * One that succeeds resolves with the sentence that was shown, for whoever runs it from code.
 */
async function run(command: Command, services: CommandServices, argument: unknown): Promise<string | undefined> {
  try {
    const done = await command.run(services, argument);
    if (done !== undefined) tellDone(done);
    return done;
  } catch (error) {
    tellFailed(services, error);
    return undefined;
  }
}
