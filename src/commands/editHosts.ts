import * as vscode from 'vscode';
import type { Command } from './services.js';

/** Opens the setting itself: what the dialogs don't ask for (virsh, uri, readOnly) is written there. */
export const editHosts: Command = {
  id: 'libvirt.editHosts',
  async run() {
    await vscode.commands.executeCommand('workbench.action.openSettingsJson', {
      revealSetting: { key: 'libvirt.hosts', edit: true },
    });
    return undefined;
  },
};
