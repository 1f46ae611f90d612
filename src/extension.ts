import * as vscode from 'vscode';
import type { LibvirtApi } from './api.js';
import { Disposables } from './base/disposable.js';
import { registerCommands } from './commands/index.js';
import { EditorLog } from './editor/log.js';
import { Settings } from './editor/settings.js';
import { FileStorage } from './editor/storage.js';
import { HypervisorFleet } from './hypervisor/fleet.js';
import { VirshHypervisor } from './hypervisor/hypervisor.js';
import { HostMemory } from './hypervisor/reconnect.js';
import { Ending } from './migration/ending.js';
import { Journal } from './migration/journal.js';
import { pairWithDestinations } from './migration/pairing.js';
import { MigrationRegistry } from './migration/registry.js';
import { VirshSteering } from './migration/virshSteering.js';
import { MigrationWatchers } from './migration/watchers.js';
import { readAliases, type SshAlias } from './ssh/aliases.js';
import { SshConnector } from './ssh/connector.js';
import { CredentialStore } from './ssh/credentials.js';
import { currentEnvironment } from './ssh/environment.js';
import type { Connector } from './ssh/types.js';
import { ContextKeys } from './views/contextKeys.js';
import { HostsTree } from './views/hostsTree.js';
import { LeftPausedNotice } from './views/leftPaused.js';
import { MigrationsTree } from './views/migrationsTree.js';
import { PanelManager } from './views/panelManager.js';
import { EditorPrompts } from './views/prompts.js';
import { MigrationStatusBar } from './views/statusBar.js';

let parts: Disposables | undefined;

/** Builds everything, in the order data flows. */
export async function activate(context: vscode.ExtensionContext): Promise<LibvirtApi> {
  const own = (parts = new Disposables());

  const settings = own.add(new Settings());
  const log = own.add(new EditorLog());
  const storage = new FileStorage(vscode.Uri.joinPath(context.globalStorageUri, 'migrations').fsPath);
  const prompts = new EditorPrompts();

  const credentials = new CredentialStore(context.secrets);
  const connector: Connector = {
    connect: (destination, asking, signal) => {
      const configFile = settings.sshConfigFile;
      const onNotice = (text: string): void => log.info(undefined, text);
      return new SshConnector({ credentials, onNotice, ...(configFile === undefined ? {} : { configFile }) }).connect(
        destination,
        asking,
        signal,
      );
    },
  };
  const fleet = own.add(new HypervisorFleet((config) => new VirshHypervisor(config, { connector, log })));
  const memory = own.add(new HostMemory(fleet, context.globalState));

  const registry = new MigrationRegistry();
  const ending = new Ending(fleet, registry);
  const journal = own.add(new Journal(storage, log));
  const steering = new VirshSteering(fleet, registry, ending);
  const sampleIntervalMs = (): number => settings.sampleIntervalMs;
  own.add(new MigrationWatchers(fleet, { registry, ending, log, sampleIntervalMs }));
  own.add(pairWithDestinations(fleet, registry, ending));

  const panels = own.add(
    new PanelManager({ extensionUri: context.extensionUri, fleet, migrations: registry, sampleIntervalMs }),
  );
  own.add(new HostsTree(fleet, registry, settings));
  own.add(new MigrationsTree(fleet, registry));
  own.add(new MigrationStatusBar(registry));
  own.add(new LeftPausedNotice(registry));
  own.add(new ContextKeys(fleet, registry, settings));
  const aliases = (): Promise<SshAlias[]> => readAliases(currentEnvironment(), settings.sshConfigFile);
  // Wired to the connector's own known_hosts files when these can forget.
  const hostKeys = { forget: (): Promise<number> => Promise.resolve(0) };
  own.add(
    registerCommands({
      fleet,
      migrations: registry,
      steering,
      settings,
      panels,
      log,
      prompts,
      aliases,
      hostKeys,
      credentials,
    }),
  );

  // Before any host is connected, so that what an earlier window watched is found again and not begun anew.
  await journal.open(registry);
  const configure = (): void => fleet.configure(settings.hosts);
  own.add(settings.onDidChange(configure));
  configure();
  memory.connectSilently(settings.autoConnect);

  return {
    version: 1,
    get hosts() {
      return fleet.hypervisors;
    },
    get migrations() {
      return registry.all;
    },
    onDidChangeHosts: fleet.onDidChange,
    onDidChangeMigrations: registry.onDidChange,
    perform: (host, domainUuid, action) => steering.perform(host, domainUuid, action),
  };
}

/** Gives everything back: connections are closed, and with them whatever runs for them on the hosts. Migrations go on. */
export function deactivate(): void {
  parts?.dispose();
  parts = undefined;
}
