import { messageOf } from '../../base/errors.js';
import type { Fleet, Hypervisor } from '../../hypervisor/model.js';
import { guestName, hostName } from '../describe.js';
import { isMigratable, readOnlyText, unmigratable } from '../migratable.js';
import type { Migrations } from '../model.js';
import type { MigrationOptions, MigrationRequest, MigrationStarter } from '../start/model.js';
import { problemsOf } from '../start/line.js';
import { defaultOptions } from '../start/options.js';
import { uriProblem } from '../start/uri.js';
import { type ReadDraft, readDraft } from './draft.js';
import type { FormState } from './state.js';

/** What a form is looked at beside: the hosts as they are now. */
export interface Surroundings {
  readonly fleet: Fleet;
  readonly migrations: Pick<Migrations, 'running'>;
  readonly starter: Pick<MigrationStarter, 'lineOf'>;
}

/** What a form means now: what would be sent, or what keeps it from being sent. */
export interface Assessment {
  readonly read: ReadDraft;
  /** Whether source and way are known well enough to look at them before anything moves. */
  readonly request: MigrationRequest | undefined;
  /** Why the URI or the address can't be sent. */
  readonly wayProblems: { readonly destinationUri: string | undefined; readonly migrationUri: string | undefined };
  /** The first thing that keeps it from being started, one sentence. */
  readonly obstacle: string | undefined;
  /** The exact line; undefined while anything is wrong. */
  readonly line: string | undefined;
}

/** None of the options, so that only the way is looked at. */
const noOptions: MigrationOptions = { ...defaultOptions(false), live: false, p2p: false };
const nothing: ReadonlySet<string> = new Set();

export function assess(state: FormState, { fleet, migrations, starter }: Surroundings): Assessment {
  const source = fleet.get(state.source);
  const migrateOptions = source?.capabilities?.migrateOptions ?? nothing;
  const read = readDraft(state.draft, migrateOptions);
  const destination = state.target.kind === 'host' ? state.target.name : undefined;
  const request: MigrationRequest = {
    source: state.source,
    domainUuid: state.domainUuid,
    destination,
    destinationUri: state.way.destinationUri.trim(),
    migrationUri: state.way.migrationUri.trim() === '' ? undefined : state.way.migrationUri.trim(),
    options: read.options,
  };
  const wayProblems = problemsOfWay(request, state, fleet);
  const wayIsWrong = wayProblems.destinationUri !== undefined || wayProblems.migrationUri !== undefined;
  const hosts = fleet.hypervisors.map(({ config }) => config);
  const first =
    sourceObstacle(state, source, migrations) ??
    targetObstacle(state, fleet) ??
    (wayIsWrong ? 'The way to the destination is not right yet.' : undefined) ??
    (read.hasProblems ? (read.contradictions[0] ?? 'One of the options is not right yet.') : undefined) ??
    problemsOf(request, { migrateOptions }, hosts)[0];
  const line = first === undefined ? lineOf(starter, request) : undefined;
  return {
    read,
    request: state.target.kind === 'none' || wayIsWrong || request.destinationUri === '' ? undefined : request,
    wayProblems,
    obstacle: first ?? (line?.ok === false ? line.message : undefined),
    line: line?.ok === true ? line.text : undefined,
  };
}

function problemsOfWay(request: MigrationRequest, state: FormState, fleet: Fleet): Assessment['wayProblems'] {
  const { destinationUri, migrationUri } = request;
  const migration = migrationUri === undefined ? undefined : uriProblem(migrationUri, 'migration');
  // Nothing is wrong with what is not typed yet.
  if (state.target.kind === 'none' || destinationUri === '') {
    return { destinationUri: undefined, migrationUri: migration };
  }
  const alone = { ...request, migrationUri: undefined, options: noOptions };
  const hosts = fleet.hypervisors.map(({ config }) => config);
  return { destinationUri: problemsOf(alone, { migrateOptions: nothing }, hosts)[0], migrationUri: migration };
}

function sourceObstacle(
  state: FormState,
  source: Hypervisor | undefined,
  migrations: Surroundings['migrations'],
): string | undefined {
  const name = hostName(state.source);
  if (source === undefined) return `${name} is not among the hosts any more.`;
  if (source.config.readOnly) return `${name} is read-only: its entry in the setting libvirt.hosts says so.`;
  if (source.status.kind !== 'connected') return `${name} is not connected.`;
  const domain = source.domains.get(state.domainUuid);
  if (domain === undefined) return `The guest is not on ${name} any more.`;
  const guest = guestName({ domainName: domain.name });
  if (migrations.running(state.source, state.domainUuid) !== undefined) return `${guest} migrates already.`;
  if (!isMigratable(domain)) return `${guest} ${unmigratable(domain)}.`;
  if (source.capabilities?.migrateOptions.size === 0)
    return `The virsh of ${name} does not say what its migrate can do.`;
  return undefined;
}

function targetObstacle(state: FormState, fleet: Fleet): string | undefined {
  if (state.target.kind === 'none') return 'Choose a destination.';
  if (state.target.kind === 'host') {
    const { name } = state.target;
    const host = fleet.get(name);
    if (host === undefined) return `${hostName(name)} is not among the hosts any more.`;
    if (host.config.readOnly) return readOnlyText(name);
    if (state.way.destinationUri.trim() === '') {
      return state.search.kind === 'looking'
        ? `How ${hostName(state.source)} reaches ${hostName(name)} is being found out.`
        : 'Type the URI of the destination.';
    }
  }
  return state.way.destinationUri.trim() === '' ? 'Type the URI of the destination.' : undefined;
}

type Line = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

function lineOf(starter: Surroundings['starter'], request: MigrationRequest): Line {
  try {
    return { ok: true, text: starter.lineOf(request) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
}
