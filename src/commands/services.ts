import type { Settings } from '../editor/settings.js';
import type { Fleet } from '../hypervisor/model.js';
import type { Migration, Migrations } from '../migration/model.js';
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
  readonly panels: { open(migration: Migration): void };
  readonly log: { show(): void; error(host: string | undefined, text: string): void };
  readonly prompts: ConnectPrompts;
  readonly hostKeys: { forget(file: string, name: string): Promise<number> };
  readonly credentials: Pick<CredentialStore, 'forgetAll'>;
  /** The hosts that the user's ssh configuration names. Never rejects. */
  aliases(): Promise<readonly SshAlias[]>;
}

/**
 * One command. `argument` is whatever the palette, a menu, a keybinding, a task or a test hands over: nothing is taken for
 * granted about it. Resolves with a sentence of what was done, or undefined where the user cancelled; rejects with what to
 * show.
 */
export interface Command {
  readonly id: string;
  run(services: CommandServices, argument: unknown): Promise<string | undefined>;
}
