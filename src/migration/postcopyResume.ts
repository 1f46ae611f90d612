import type { Fleet } from '../hypervisor/model.js';
import { unlimitedMiBps } from '../virsh/bounds.js';
import { isPersistent } from '../virsh/commands.js';
import { guestName, hostName } from './describe.js';
import type { Migration } from './model.js';
import type { Routes } from './preflight/model.js';
import { startOf } from './start/began.js';
import type { MigrationOptions, MigrationRequest, MigrationStarter, StartedMigration } from './start/model.js';
import { DestinationUnknown, type PostcopyResumer, type PreparedResumption } from './steering.js';
import { defaultOptions } from './start/options.js';

/** By which URIs a source reaches a destination. */
interface Way {
  readonly destinationUri: string;
  readonly migrationUri?: string | undefined;
}

type Starter = Pick<MigrationStarter, 'lineOf' | 'start' | 'all' | 'whenEnded'>;

/** Resumes by the detached starter, so that it outlives the connection as the first start did. */
export class StartedPostcopyResumer implements PostcopyResumer {
  constructor(
    private readonly fleet: Fleet,
    private readonly starter: Starter,
    private readonly routes: Pick<Routes, 'find'> | undefined,
  ) {}

  async prepare(
    migration: Migration,
    by: { readonly destinationUri?: string; readonly migrationUri?: string },
  ): Promise<PreparedResumption> {
    const started = startedBy(migration, this.starter.all);
    const way = await this.wayOf(migration, by, started);
    const persistent = started?.request.options.persistent ?? (await this.isPersistent(migration));
    const request = resumeRequest(migration, way, started?.request, persistent);
    return {
      line: this.starter.lineOf(request),
      start: async () => {
        const { id } = await this.starter.start(request);
        return { failed: this.failureOf(id) };
      },
    };
  }

  /** Never resolves for one that succeeds: then the migration itself tells. */
  private async failureOf(id: string): Promise<string> {
    const { state } = await this.starter.whenEnded(id);
    return state.kind === 'failed' || state.kind === 'unknown' ? state.text : new Promise(() => undefined);
  }

  private async wayOf(
    migration: Migration,
    { destinationUri, migrationUri }: { readonly destinationUri?: string; readonly migrationUri?: string },
    started: StartedMigration | undefined,
  ): Promise<Way> {
    if (destinationUri !== undefined) return { destinationUri, migrationUri };
    if (started !== undefined) return started.request;
    const { destination } = migration.state;
    const [route] = destination === undefined ? [] : ((await this.routes?.find(migration.source, destination)) ?? []);
    if (route !== undefined) return route;
    throw new DestinationUnknown(
      `By which URI ${hostName(migration.source)} reaches the destination of ${guestName(migration)} is not known here.`,
      'Give it as destinationUri: qemu+ssh://hv2/system, say.',
    );
  }

  /** A guest that its source keeps defined is to be kept by its destination, too: a definition too many is easily removed. */
  private async isPersistent({ source, domainUuid }: Migration): Promise<boolean> {
    return (await this.fleet.get(source)?.run(isPersistent(domainUuid))) ?? false;
  }
}

/** The start that `migration` came from, where it was started here; none that says it went somewhere else. */
function startedBy(migration: Migration, all: readonly StartedMigration[]): StartedMigration | undefined {
  const { destination } = migration.state;
  return startOf(
    all.filter(({ request }) => (request.destination ?? destination) === (destination ?? request.destination)),
    migration,
  );
}

/** What resumes it: libvirt wants post-copy again, and the flags of the start that decide what the destination keeps. */
function resumeRequest(
  migration: Pick<Migration, 'source' | 'domainUuid' | 'state' | 'samples'>,
  { destinationUri, migrationUri }: Way,
  started: MigrationRequest | undefined,
  persistent: boolean,
): MigrationRequest {
  const { options } = started ?? {};
  // The limit in force, which may be another by now than that of the start.
  const speedMiBps = migration.samples.at(-1)?.postcopySpeedMiBps ?? options?.postcopyBandwidthMiBps ?? 0;
  const resumed: MigrationOptions = {
    ...defaultOptions(persistent),
    undefineSource: options?.undefineSource ?? false,
    postcopy: true,
    postcopyResume: true,
    ...(speedMiBps > 0 && speedMiBps < unlimitedMiBps ? { postcopyBandwidthMiBps: speedMiBps } : {}),
    storage: options?.storage ?? 'shared',
    tls: options?.tls ?? false,
  };
  return {
    source: migration.source,
    domainUuid: migration.domainUuid,
    destination: migration.state.destination,
    destinationUri,
    migrationUri,
    options: resumed,
  };
}
