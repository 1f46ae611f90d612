import * as vscode from 'vscode';
import type { Disposable } from '../base/disposable.js';
import { cleanForNotice } from '../base/cleanText.js';
import { fullMessageOf } from '../base/errors.js';
import { guestName } from '../migration/describe.js';
import { type Preset, presetNameProblem } from '../migration/form/presets.js';
import type { FormActions, FormRequest, FormServices } from '../migration/form/session.js';
import type { Migration } from '../migration/model.js';
import type { MigrationOptions } from '../migration/start/model.js';
import { anywayQuestion } from './anywayQuestion.js';
import { MigrateForm } from './migrateForm.js';

const viewType = 'libvirt.migrate';

export interface FormsOptions {
  readonly extensionUri: vscode.Uri;
  readonly services: FormServices;
  readonly settings: { savePreset(name: string, options: Partial<MigrationOptions>): Promise<void> };
  readonly panels: { open(migration: Migration): void };
}

/** The forms that start migrations: one a guest. */
export class MigrateForms implements Disposable {
  private readonly forms = new Map<string, MigrateForm>();

  constructor(private readonly options: FormsOptions) {}

  get services(): FormServices {
    return this.options.services;
  }

  presets(): readonly Preset[] {
    return this.options.services.presets();
  }

  /** Shows the guest's form, filled in: the one it has, sent to the destination that is asked for, or a new one. */
  open(request: FormRequest): void {
    const key = JSON.stringify([request.host, request.domainUuid]);
    const open = this.forms.get(key);
    const bringsMore = request.options !== undefined || request.way !== undefined;
    if (open !== undefined && !bringsMore) {
      if (request.target !== undefined) open.aim(request.target);
      open.panel.reveal();
      return;
    }
    open?.panel.dispose();
    const panel = vscode.window.createWebviewPanel(viewType, 'Migrate', vscode.ViewColumn.Active);
    const form = new MigrateForm(
      panel,
      this.options.extensionUri,
      this.options.services,
      this.actionsOf(panel),
      request,
    );
    this.forms.set(key, form);
    panel.onDidDispose(() => {
      form.dispose();
      if (this.forms.get(key) === form) this.forms.delete(key);
    });
  }

  /** Whether one of them shows how this start ends. */
  showsEndOf(id: string): boolean {
    return [...this.forms.values()].some((form) => form.follows === id);
  }

  dispose(): void {
    // Unlike a migration's panel a form can't be brought back: what was typed goes with the window.
    for (const { panel } of [...this.forms.values()]) panel.dispose();
  }

  private actionsOf(panel: vscode.WebviewPanel): FormActions {
    const { settings, panels } = this.options;
    return {
      confirm: async (guest, failed, unfinished) => {
        const { message, detail, button } = anywayQuestion(guestName({ domainName: guest }), failed, unfinished);
        return (await vscode.window.showWarningMessage(message, { modal: true, detail }, button)) === button;
      },
      savePreset: async (options) => {
        const name = await askPresetName();
        if (name === undefined) return undefined;
        try {
          await settings.savePreset(name, options);
          return name;
        } catch (error) {
          void vscode.window.showErrorMessage(cleanForNotice(fullMessageOf(error)));
          return undefined;
        }
      },
      editPresets: () => {
        void vscode.commands.executeCommand('workbench.action.openSettingsJson', {
          revealSetting: { key: 'libvirt.migrate.presets', edit: true },
        });
      },
      copy: (text) => {
        void vscode.env.clipboard.writeText(text);
      },
      failed: (text) => void vscode.window.showErrorMessage(cleanForNotice(text)),
      opened: (migration) => panels.open(migration),
      close: (why) => {
        panel.dispose();
        if (why !== undefined) void vscode.window.showInformationMessage(cleanForNotice(why));
      },
    };
  }
}

async function askPresetName(): Promise<string | undefined> {
  const name = await vscode.window.showInputBox({
    title: 'Save as Preset',
    prompt: 'The name of the preset. One that has this name already is replaced.',
    ignoreFocusOut: true,
    validateInput: (typed) => presetNameProblem(typed),
  });
  return name?.trim();
}
