import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../base/disposable.js';
import { abort } from './abort.js';
import { addHost } from './addHost.js';
import { compareMigrations } from './compareMigrations.js';
import { connect } from './connect.js';
import { disconnect } from './disconnect.js';
import { editHosts } from './editHosts.js';
import { evacuate } from './evacuate.js';
import {
  openEvacuation,
  resumeEvacuation,
  redirectInEvacuation,
  retryInEvacuation,
  skipInEvacuation,
  stopEvacuation,
  stopEvacuationAfterThis,
} from './evacuation.js';
import { exportCsv, exportJson } from './exportMigration.js';
import { forgetHostKey } from './forgetHostKey.js';
import { forgetSecrets } from './forgetSecrets.js';
import { importRecording } from './importRecording.js';
import { interruptPostcopy } from './interruptPostcopy.js';
import { migrate } from './migrate.js';
import { openMigration } from './openMigration.js';
import { pause } from './pause.js';
import { refresh } from './refresh.js';
import { removeHost } from './removeHost.js';
import { removeRecording } from './removeRecording.js';
import { tellDone, tellFailed } from './report.js';
import { resume } from './resume.js';
import { resumePostcopy } from './resumePostcopy.js';
import type { Command, CommandServices } from './services.js';
import { setCompressionCache } from './setCompressionCache.js';
import { setMaxDowntime } from './setMaxDowntime.js';
import { setSpeed } from './setSpeed.js';
import { showLog } from './showLog.js';
import { switchToPostcopy } from './switchToPostcopy.js';
import { undo } from './undo.js';

const commands: readonly Command[] = [
  addHost,
  removeHost,
  connect,
  disconnect,
  refresh,
  migrate,
  openMigration,
  compareMigrations,
  exportCsv,
  exportJson,
  importRecording,
  removeRecording,
  setSpeed,
  setMaxDowntime,
  setCompressionCache,
  undo,
  pause,
  resume,
  switchToPostcopy,
  interruptPostcopy,
  resumePostcopy,
  abort,
  evacuate,
  openEvacuation,
  stopEvacuationAfterThis,
  stopEvacuation,
  resumeEvacuation,
  skipInEvacuation,
  redirectInEvacuation,
  retryInEvacuation,
  showLog,
  editHosts,
  forgetHostKey,
  forgetSecrets,
];

/** Registers every command. */
export function registerCommands(services: CommandServices): Disposable {
  const owned = new Disposables();
  for (const command of commands) {
    owned.add(
      vscode.commands.registerCommand(command.id, (argument: unknown, selected: unknown) =>
        run(command, services, argument, selected),
      ),
    );
  }
  return owned;
}

/**
 * Tells how it went, once. A command that fails resolves with undefined: the editor would show a rejection a second time.
 * One that succeeds resolves with the sentence that was shown, for whoever runs it from code.
 */
async function run(
  command: Command,
  services: CommandServices,
  argument: unknown,
  selected: unknown,
): Promise<string | undefined> {
  try {
    const done = await command.run(services, argument, selected);
    if (done !== undefined) tellDone(done);
    return done;
  } catch (error) {
    tellFailed(services, error);
    return undefined;
  }
}
