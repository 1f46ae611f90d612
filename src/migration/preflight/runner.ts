import { messageOf } from '../../base/errors.js';
import type { Fleet } from '../../hypervisor/model.js';
import type { MigrationRequest } from '../start/model.js';
import { checkArchitecture } from './checks/architecture.js';
import { checkClash } from './checks/clash.js';
import { checkClock } from './checks/clock.js';
import { checkCpu } from './checks/cpu.js';
import { checkDevices } from './checks/devices.js';
import { checkHostname } from './checks/hostname.js';
import { checkLink } from './checks/link.js';
import { checkMemory } from './checks/memory.js';
import { checkNetworks } from './checks/networks.js';
import { checkPorts } from './checks/ports.js';
import { checkReachable } from './checks/reachable.js';
import { cantTell } from './checks/result.js';
import { checkStorage, copyOf } from './checks/storage.js';
import { checkVersions } from './checks/versions.js';
import { expectationOf } from './expectation.js';
import { measureLonger } from './dirtyRate.js';
import { watchVcpus } from './vcpuWatch.js';
import { type Fact, known, untold, valueOf } from './fact.js';
import { type Facts, gather } from './gather.js';
import { bytesPerSecondOf } from './linkSpeed.js';
import type { CheckId, CheckResult, Expectation, Preflight, PreflightReport } from './model.js';
import { endOf } from './network.js';

type Check = (facts: Facts, request: MigrationRequest) => Promise<CheckResult>;

/** Looks by virsh and by sh on both hosts, all at once; a line is out as soon as its own facts are in. */
export class PreflightRunner implements Preflight {
  constructor(private readonly fleet: Fleet) {}

  async run(
    request: MigrationRequest,
    onCheck?: (result: CheckResult) => void,
    signal?: AbortSignal,
  ): Promise<PreflightReport> {
    const facts = gather(this.fleet, request, signal);
    const aborted = untilAborted(signal);
    const found = await Promise.all(
      Object.entries(checks).map(async ([id, check]): Promise<readonly CheckResult[]> => {
        const result = await Promise.race([
          aborted,
          check(facts, request).catch((error: unknown) => broken(id as CheckId, error)),
        ]);
        if (result === undefined) return [];
        onCheck?.(result);
        return [result];
      }),
    );
    const expectation = await Promise.race([aborted, this.expect(facts, request)]);
    return { checks: found.flat(), expectation: expectation ?? nothingToExpect };
  }

  async watchGuest({ source, domainUuid }: MigrationRequest, signal: AbortSignal): Promise<void> {
    const host = this.fleet.get(source);
    if (host?.status.kind !== 'connected') return;
    await Promise.all([measureLonger(host, domainUuid, signal), watchVcpus(host, domainUuid, signal)]);
  }

  private async expect(facts: Facts, request: MigrationRequest): Promise<Expectation> {
    const [needs, residentBytes, dirtyBytesPerSecond, source, destination, here, there] = await Promise.all([
      facts.needs,
      facts.residentBytes,
      facts.dirtyRate,
      facts.card.source,
      facts.card.destination,
      facts.files.source,
      facts.files.destination,
    ]);
    const host = this.fleet.get(request.source);
    const { copyBytes, needsCopy } = copyOf(valueOf(needs)?.disks ?? [], here, there);
    return expectationOf({
      options: request.options,
      memoryBytes: valueOf(needs)?.memoryBytes,
      residentBytes: valueOf(residentBytes),
      runs: (host?.domains.get(request.domainUuid)?.state ?? 'running') === 'running',
      dirtyBytesPerSecond,
      linkBytesPerSecond: linkOf(source, destination),
      copyBytes: request.options.storage === 'shared' ? 0 : copyBytes,
      needsCopy,
      offered: host?.capabilities?.migrateOptions ?? new Set(),
    });
  }
}

/** In the order in which they are shown. */
const checks: Readonly<Record<CheckId, Check>> = {
  reachable: async (facts, { destinationUri, options }) => {
    const [attempt, identity, hostname, source, destination] = await Promise.all([
      facts.attempt,
      facts.identity,
      facts.hostname,
      facts.capabilities.source,
      facts.capabilities.destination,
    ]);
    return checkReachable({
      hosts: facts.hosts,
      uri: destinationUri,
      p2p: options.p2p,
      attempt,
      identity,
      hostname: valueOf(hostname),
      sourceUuid: valueOf(source)?.uuid,
      destinationUuid: valueOf(destination)?.uuid,
    });
  },
  hostname: async (facts, { migrationUri }) => {
    const [hostname, atSource, atDestination] = await Promise.all([
      facts.hostname,
      facts.nameAtSource,
      facts.nameAtDestination,
    ]);
    const migrationHost = migrationUri === undefined ? undefined : endOf(migrationUri)?.host;
    return checkHostname({ hosts: facts.hosts, migrationHost, hostname, atSource, atDestination });
  },
  ports: async ({ hosts, ...facts }) => checkPorts({ hosts, address: await facts.address, answers: await facts.ports }),
  architecture: async (facts) => {
    const [needs, destination, files] = await Promise.all([
      facts.needs,
      facts.capabilities.destination,
      facts.files.destination,
    ]);
    return checkArchitecture({
      hosts: facts.hosts,
      needs,
      destination,
      emulatorThere: emulatorThere(valueOf(needs)?.emulator, files),
    });
  },
  cpu: async ({ hosts, ...facts }) => checkCpu({ hosts, needs: await facts.needs, answer: await facts.cpu }),
  memory: async ({ hosts, ...facts }) => checkMemory({ hosts, needs: await facts.needs, free: await facts.memory }),
  networks: async (facts) => {
    const [needs, active, defined, interfaces] = await Promise.all([
      facts.needs,
      facts.networks.active,
      facts.networks.all,
      facts.interfaces,
    ]);
    return checkNetworks({ hosts: facts.hosts, needs, active, defined, interfaces });
  },
  storage: async (facts, { options }) => {
    const [needs, atSource, atDestination, pools] = await Promise.all([
      facts.needs,
      facts.files.source,
      facts.files.destination,
      facts.pools,
    ]);
    return checkStorage({ hosts: facts.hosts, mode: options.storage, needs, atSource, atDestination, pools });
  },
  devices: async ({ hosts, ...facts }) =>
    checkDevices({ hosts, needs: await facts.needs, snapshots: await facts.snapshots }),
  clash: async (facts, { domainUuid }) => {
    const [needs, destination] = await Promise.all([facts.needs, facts.domains]);
    return checkClash({ hosts: facts.hosts, uuid: domainUuid, domainName: nameOf(needs), destination });
  },
  versions: async (facts) => {
    const [source, destination, needs, capabilities] = await Promise.all([
      facts.versions.source,
      facts.versions.destination,
      facts.needs,
      facts.capabilities.destination,
    ]);
    return checkVersions({ hosts: facts.hosts, source, destination, needs, capabilities });
  },
  clock: async ({ hosts, clock }) =>
    checkClock({ hosts, source: await clock.source, destination: await clock.destination }),
  link: async (facts, { options }) => {
    const [source, destination, dirtyBytesPerSecond] = await Promise.all([
      facts.card.source,
      facts.card.destination,
      facts.dirtyRate,
    ]);
    return checkLink({
      hosts: facts.hosts,
      source,
      destination,
      dirtyBytesPerSecond,
      bandwidthMiBps: options.bandwidthMiBps,
    });
  },
};

const nothingToExpect: Expectation = {
  converges: undefined,
  timeMs: undefined,
  sentence: 'The pre-flight was given up.',
  suggestions: [],
};

/** Never where nobody can abort. */
function untilAborted(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) resolve(undefined);
    signal?.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** A mistake of ours must not hide the other lines. */
function broken(id: CheckId, error: unknown): CheckResult {
  return { id, title: id, verdict: 'unknown', reason: cantTell(messageOf(error)), advice: undefined };
}

function nameOf(needs: Awaited<Facts['needs']>): Fact<string> {
  if (!needs.known) return needs;
  const { name } = needs.value;
  return name === undefined ? untold('the domain XML has no name') : known(name);
}

function emulatorThere(emulator: string | undefined, files: Awaited<Facts['files']['destination']>): Fact<boolean> {
  const sight = emulator === undefined || !files.known ? undefined : files.value.get(emulator);
  return sight === undefined || sight.state === 'denied'
    ? untold('nobody looked at the emulator')
    : known(sight.state === 'present');
}

/** What the slower of both cards carries. */
function linkOf(
  source: Awaited<Facts['card']['source']>,
  destination: Awaited<Facts['card']['destination']>,
): Fact<number> {
  const speeds = [source, destination]
    .map((card) => valueOf(card)?.megabitsPerSecond)
    .filter((one) => one !== undefined);
  if (speeds.length > 0) return known(bytesPerSecondOf(Math.min(...speeds)));
  return source.known ? untold('neither card tells its speed') : source;
}
