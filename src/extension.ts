import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { LibvirtApi } from './api.js';
import { Disposables } from './base/disposable.js';
import { messageOf } from './base/errors.js';
import { registerCommands } from './commands/index.js';
import { EditorLog } from './editor/log.js';
import { Settings } from './editor/settings.js';
import { FileStorage } from './editor/storage.js';
import { thisWindow } from './editor/thisWindow.js';
import { HypervisorFleet } from './hypervisor/fleet.js';
import { VirshHypervisor } from './hypervisor/hypervisor.js';
import { HostMemory } from './hypervisor/reconnect.js';
import { WakeWatch } from './hypervisor/wakeWatch.js';
import { Ending } from './migration/ending.js';
import { Evacuations } from './migration/evacuation/evacuations.js';
import { EvacuationPlanner } from './migration/evacuation/planner.js';
import { RememberedChoices } from './migration/form/remembered.js';
import type { Outlook } from './migration/forecast/forecast.js';
import { outlookFor } from './migration/forecast/verdict.js';
import { waysOut } from './migration/forecast/waysOut.js';
import { Journal } from './migration/journal.js';
import { Archive } from './migration/past/archive.js';
import { PastMigrations } from './migration/past/pastMigrations.js';
import { pairWithDestinations } from './migration/pairing.js';
import { RouteFinder } from './migration/preflight/routes.js';
import { PreflightRunner } from './migration/preflight/runner.js';
import { StartedPostcopyResumer } from './migration/postcopyResume.js';
import { Progress } from './migration/progress.js';
import { MigrationRegistry } from './migration/registry.js';
import { defaultOptions } from './migration/start/options.js';
import { StartPlaces } from './migration/start/place.js';
import { DetachedStarter } from './migration/start/starter.js';
import { VirshSteering } from './migration/virshSteering.js';
import { MigrationWatchers } from './migration/watchers.js';
import { readAliases, type SshAlias } from './ssh/aliases.js';
import { SshConnector } from './ssh/connector.js';
import { CredentialStore } from './ssh/credentials.js';
import { currentEnvironment } from './ssh/environment.js';
import { KnownHostsFiles } from './ssh/knownHostsFile.js';
import type { Connector } from './ssh/types.js';
import { ChangedByOthersNotice } from './views/changedByOthers.js';
import { ComparisonPanels } from './views/comparisonPanels.js';
import { ContextKeys } from './views/contextKeys.js';
import { EvacuationEndNotice } from './views/evacuationEnd.js';
import { EvacuationPanels } from './views/evacuationPanels.js';
import { EvacuationStatusBar } from './views/evacuationStatusBar.js';
import { FailedEndNotice } from './views/failedEnd.js';
import { GuestAlarms } from './views/guestAlarms.js';
import { HostsTree } from './views/hostsTree.js';
import { MigrateForms } from './views/migrateForms.js';
import { MigrationsTree } from './views/migrationsTree.js';
import { PanelManager } from './views/panelManager.js';
import { EditorPrompts } from './views/prompts.js';
import { StartEndNotice } from './views/startEnd.js';
import { MigrationStatusBar } from './views/statusBar.js';
import { StuckAlarm } from './views/stuckAlarm.js';

let parts: Disposables | undefined;

/** Builds everything, in the order data flows. */
export function activate(context: vscode.ExtensionContext): LibvirtApi {
  const own = (parts = new Disposables());

  const settings = own.add(new Settings());
  const log = own.add(new EditorLog());
  const storage = new FileStorage(vscode.Uri.joinPath(context.globalStorageUri, 'migrations').fsPath);
  const prompts = new EditorPrompts();

  const credentials = new CredentialStore(context.secrets);
  const knownHosts = new KnownHostsFiles();
  const ownKnownHosts = vscode.Uri.joinPath(context.globalStorageUri, 'known_hosts').fsPath;
  const onNotice = (text: string): void => log.info(undefined, text);
  const connector: Connector = {
    // Anew for each, by the settings of that moment.
    connect: (destination, asking, signal) =>
      new SshConnector({
        credentials,
        knownHosts,
        onNotice,
        transport: settings.sshTransport,
        configFile: settings.sshConfigFile,
        acceptedKeysFile: settings.keepsAcceptedKeys ? ownKnownHosts : undefined,
      }).connect(destination, asking, signal),
  };
  const isMigrating = (host: string): boolean => registry.runsAt(host) || starter.runsAt(host);
  const fleet = own.add(new HypervisorFleet((config) => new VirshHypervisor(config, { connector, log, isMigrating })));
  const wakeWatch = own.add(new WakeWatch({ onWake: (sign) => fleet.wake(sign) }));
  own.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) wakeWatch.focused();
    }),
  );
  const memory = own.add(new HostMemory(fleet, context.globalState));

  const registry = new MigrationRegistry();
  const starter = own.add(
    new DetachedStarter({
      fleet,
      registry,
      storage: new FileStorage(vscode.Uri.joinPath(context.globalStorageUri, 'starts').fsPath),
      log,
    }),
  );
  const ending = new Ending(fleet, registry, starter);
  const archive = own.add(
    new Archive(new FileStorage(vscode.Uri.joinPath(context.globalStorageUri, 'archive').fsPath), log),
  );
  const journal = own.add(new Journal(storage, log, registry, archive));
  const routes = new RouteFinder(fleet);
  const steering = new VirshSteering(fleet, registry, ending, new StartedPostcopyResumer(fleet, starter, routes));
  const sampleIntervalMs = (): number => settings.sampleIntervalMs;
  // Nobody waits for the past: it is read while hosts are connected, and only then is it looked for what goes on of it.
  const past = Promise.all([journal.open(), starter.open()]).then(() => undefined);
  const pastMigrations = new PastMigrations(registry, journal, archive, past);
  own.add(new MigrationWatchers(fleet, { registry, ending, log, sampleIntervalMs }, past));
  own.add(pairWithDestinations(fleet, registry, ending));
  const preflight = new PreflightRunner(fleet);
  own.add(ending.places.follow());

  const evacuations = own.add(
    new Evacuations({
      starter,
      preflight,
      steering,
      migrations: registry,
      fleet,
      log,
      optionsFor: ({ persistent }, { settings: { options } }) => ({ ...defaultOptions(persistent), ...options }),
      storage: new FileStorage(vscode.Uri.joinPath(context.globalStorageUri, 'evacuations').fsPath),
      around: thisWindow(),
      newId: randomUUID,
    }),
  );
  // What earlier windows started is known first: an evacuation that is gone on with looks there for what runs.
  const evacuationsKnown = past
    .then(() => evacuations.open())
    .catch((error: unknown) => log.error(undefined, `Evacuations can't be read: ${messageOf(error)}`));
  const evacuationPlanner = new EvacuationPlanner(fleet, registry, routes, (host) => evacuations.reservedOn(host));

  const panels = own.add(
    new PanelManager({
      extensionUri: context.extensionUri,
      fleet,
      migrations: registry,
      past: pastMigrations,
      progress: new Progress(),
      sampleIntervalMs,
    }),
  );
  const comparisons = own.add(new ComparisonPanels({ extensionUri: context.extensionUri, past: pastMigrations }));
  const evacuationPanels = own.add(
    new EvacuationPanels({ extensionUri: context.extensionUri, fleet, migrations: registry, evacuations }),
  );
  own.add(new EvacuationStatusBar(evacuations));
  own.add(new EvacuationEndNotice(evacuations));
  const forms = own.add(
    new MigrateForms({
      extensionUri: context.extensionUri,
      services: {
        fleet,
        migrations: registry,
        starter,
        preflight,
        routes,
        remembered: new RememberedChoices(context.globalState),
        presets: () => settings.presets.all,
      },
      settings,
      panels,
    }),
  );
  own.add(
    new StartEndNotice({
      starter,
      migrations: registry,
      places: new StartPlaces(fleet, registry, ending.places),
      evacuations,
      forms,
      ready: evacuationsKnown,
    }),
  );
  own.add(new HostsTree(fleet, registry, settings));
  own.add(new MigrationsTree(fleet, registry, pastMigrations));
  own.add(new MigrationStatusBar(registry));
  own.add(new GuestAlarms(registry, fleet));
  own.add(new ChangedByOthersNotice(registry));
  own.add(new FailedEndNotice({ migrations: registry, starter, evacuations }));
  own.add(
    new StuckAlarm({
      migrations: registry,
      hosts: fleet,
      memory: context.globalState,
      isWanted: () => settings.tellsWhenStuck,
    }),
  );
  own.add(new ContextKeys(fleet, registry, pastMigrations, settings));
  const aliases = (): Promise<SshAlias[]> => readAliases(currentEnvironment(), settings.sshConfigFile);
  own.add(
    registerCommands({
      fleet,
      migrations: registry,
      steering,
      settings,
      panels,
      past: pastMigrations,
      comparisons,
      evacuations,
      evacuationPlanner,
      evacuationPanels,
      forms,
      log,
      prompts,
      aliases,
      hostKeys: knownHosts,
      credentials,
    }),
  );

  const configure = (): void => fleet.configure(settings.hosts);
  own.add(settings.onDidChange(configure));
  configure();
  memory.connectSilently(settings.autoConnect);

  const outlookOfId = (id: string): Outlook | undefined => {
    const migration = registry.get(id);
    return migration?.running === true ? outlookFor(migration) : undefined;
  };
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
    forecast: (migration, settings = {}) => outlookOfId(migration)?.at(settings),
    waysOut: (migration) => {
      const outlook = outlookOfId(migration);
      return outlook === undefined ? [] : waysOut(outlook);
    },
    perform: (host, domainUuid, action) => steering.perform(host, domainUuid, action),
    get starts() {
      return starter.all;
    },
    onDidChangeStarts: starter.onDidChange,
    start: (request) => starter.start(request),
  };
}

/** Gives everything back: connections are closed, and with them whatever runs for them on the hosts. Migrations go on. */
export function deactivate(): void {
  parts?.dispose();
  parts = undefined;
}
