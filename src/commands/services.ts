import type { Settings } from '../editor/settings.js';
import type { Fleet, HostConfig } from '../hypervisor/model.js';
import type { Evacuations } from '../migration/evacuation/evacuations.js';
import type { EvacuationPlanner } from '../migration/evacuation/planner.js';
import type { Preset } from '../migration/form/presets.js';
import type { FormRequest, FormServices } from '../migration/form/session.js';
import type { Migration, Migrations } from '../migration/model.js';
import type { PastMigrations } from '../migration/past/pastMigrations.js';
import type { Steering } from '../migration/steering.js';
import type { SshAlias } from '../ssh/aliases.js';
import type { CredentialStore } from '../ssh/credentials.js';
import type { ConnectPrompts } from '../ssh/types.js';

/** What commands work with. */
export interface CommandServices {
  readonly fleet: Fleet;
  readonly migrations: Migrations;
  readonly steering: Steering;
  readonly settings: Pick<Settings, 'addHost' | 'removeHost'>;
  readonly panels: { open(migration: Pick<Migration, 'id' | 'domainName' | 'source' | 'state'>): void };
  readonly past: Pick<PastMigrations, 'archived' | 'get' | 'load' | 'recall' | 'import' | 'remove'>;
  readonly comparisons: { open(first: string, second: string): void };
  readonly evacuations: Pick<Evacuations, 'all' | 'get' | 'isUnderWay' | 'read' | 'start' | 'perform'>;
  readonly evacuationPlanner: Pick<EvacuationPlanner, 'candidates' | 'survey' | 'routesOf' | 'routeTo'>;
  readonly evacuationPanels: { open(host: string): void };
  /** The forms that start migrations, and what starts one without a form. */
  readonly forms: {
    open(request: FormRequest): void;
    readonly services: FormServices;
    presets(): readonly Preset[];
  };
  readonly log: { show(): void; error(host: string | undefined, text: string): void };
  /** The questions of one host's connection. */
  readonly prompts: { of(host: HostConfig): ConnectPrompts };
  readonly hostKeys: { forget(file: string, name: string): Promise<number> };
  readonly credentials: Pick<CredentialStore, 'forgetAll'>;
  /** The hosts that the user's ssh configuration names. Never rejects. */
  aliases(): Promise<readonly SshAlias[]>;
}

/**
 * One command. `argument` is whatever the palette, a menu, a keybinding, a task or a test hands over: nothing is taken for
 * granted about it; `selected` is what a tree hands over beside it, all rows that are selected. Resolves with a sentence of what was done, or undefined where the user cancelled; rejects with what to
 * show.
 */
export interface Command {
  readonly id: string;
  run(services: CommandServices, argument: unknown, selected?: unknown): Promise<string | undefined>;
}
