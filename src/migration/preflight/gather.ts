import type { Domain, Fleet } from '../../hypervisor/model.js';
import { helpOptions } from '../../virsh/commands.js';
import {
  domainFigures,
  domainNeeds,
  hostCapabilities,
  hostname,
  type HostVersions,
  hostVersions,
  netDevice,
  netDevices,
  networkNames,
  type NodeMemory,
  poolUuids,
  poolXml,
  snapshotNames,
} from '../../virsh/hostCommands.js';
import type { HostCapabilities } from '../../virsh/parseCapabilities.js';
import type { DomainNeeds } from '../../virsh/parseDomainNeeds.js';
import type { StoragePool } from '../../virsh/parseNodeXml.js';
import { memoryOf } from '../hostMemory.js';
import type { MigrationRequest } from '../start/model.js';
import { hasHostCpu } from './checks/cpu.js';
import type { CardSpeed } from './checks/link.js';
import type { Pair } from './checks/result.js';
import { pathsOf } from './checks/storage.js';
import { dirtyRateOf, residentBytesOf } from './dirtyRate.js';
import { after, type Fact, known, untold, valueOf } from './fact.js';
import { HostAsker } from './hostAsker.js';
import { endOf, firstMigrationPort, isLoopback, lastMigrationPort } from './network.js';
import { resolveAt } from './resolveAt.js';
import { type ClockReading, readClock } from '../../virsh/scripts/clock.js';
import { compareCpu, type CpuAnswer } from '../../virsh/scripts/cpu.js';
import { type ConnectAttempt, connectTo, type Identity, identity } from '../../virsh/scripts/connect.js';
import {
  existingInterfaces,
  type PortAnswer,
  type RouteToAddress,
  routeTo,
  tryPorts,
} from '../../virsh/scripts/network.js';
import { type FileSight, lookAtFiles } from '../../virsh/scripts/files.js';

type Told<T> = Promise<Fact<T>>;

/** All that the checks look at, each as it becomes known. None of them rejects. */
export interface Facts {
  readonly hosts: Pair;
  readonly needs: Told<DomainNeeds>;
  /** What QEMU holds of its host's memory. */
  readonly residentBytes: Told<number | undefined>;
  readonly snapshots: Told<readonly string[]>;
  readonly dirtyRate: Told<number>;
  readonly attempt: Told<ConnectAttempt>;
  readonly identity: Told<Identity>;
  readonly hostname: Told<string>;
  readonly nameAtSource: Told<readonly string[]>;
  readonly nameAtDestination: Told<readonly string[]>;
  /** Where memory is sent to. */
  readonly address: Told<string>;
  readonly ports: Told<readonly PortAnswer[]>;
  readonly capabilities: { readonly source: Told<HostCapabilities>; readonly destination: Told<HostCapabilities> };
  readonly versions: { readonly source: Told<HostVersions>; readonly destination: Told<HostVersions> };
  readonly clock: { readonly source: Told<ClockReading>; readonly destination: Told<ClockReading> };
  readonly card: { readonly source: Told<CardSpeed>; readonly destination: Told<CardSpeed> };
  readonly files: {
    readonly source: Told<ReadonlyMap<string, FileSight>>;
    readonly destination: Told<ReadonlyMap<string, FileSight>>;
  };
  readonly cpu: Told<CpuAnswer>;
  readonly memory: Told<NodeMemory>;
  readonly networks: { readonly active: Told<readonly string[]>; readonly all: Told<readonly string[]> };
  readonly interfaces: Told<ReadonlySet<string>>;
  readonly pools: Told<readonly StoragePool[]>;
  readonly domains: Told<readonly Domain[]>;
}

/** Begins to ask both hosts for everything. What depends on an answer waits for it. */
export function gather(fleet: Pick<Fleet, 'get'>, request: MigrationRequest, signal: AbortSignal | undefined): Facts {
  const { domainUuid: uuid, destinationUri, migrationUri } = request;
  const hosts: Pair = { source: request.source, destination: request.destination ?? destinationUri };
  const source = new HostAsker(fleet.get(hosts.source), hosts.source, signal);
  const destination = new HostAsker(
    request.destination === undefined ? undefined : fleet.get(request.destination),
    hosts.destination,
    signal,
  );

  const needs = source.virsh(domainNeeds(uuid, { migratable: false }));
  const called = destination.virsh(hostname());
  const migrationEnd = migrationUri === undefined ? undefined : endOf(migrationUri);
  const target = migrationEnd === undefined ? called : Promise.resolve(known(migrationEnd.host));
  const nameAtSource = after(target, (name) => resolveAt(source, name));
  const address = nameAtSource.then((told): Fact<string> => {
    if (!told.known) return told;
    const [first] = told.value.filter((one) => !isLoopback(one));
    return first === undefined
      ? untold('the name that memory is sent to leads to no address of another host')
      : known(first);
  });
  const ports = migrationEnd?.port === undefined ? [firstMigrationPort, lastMigrationPort] : [migrationEnd.port];
  const capabilities = { source: source.virsh(hostCapabilities()), destination: destination.virsh(hostCapabilities()) };
  const route = after(address, (one) => source.sh(() => routeTo(one)));
  const routeBack = after(route, ({ sourceAddress }) =>
    sourceAddress === undefined
      ? Promise.resolve(untold(`${hosts.source} does not tell by which address it sends`))
      : destination.sh(() => routeTo(sourceAddress)),
  );
  const paths = needs.then((told) => (told.known ? known(pathsOf(told.value)) : told));

  return {
    hosts,
    needs,
    residentBytes: source.ask(async (host) =>
      residentBytesOf(host, uuid, await host.run(domainFigures(uuid, ['balloon']))),
    ),
    snapshots: source.virsh(snapshotNames(uuid)),
    dirtyRate: source.ask((host) => dirtyRateOf(host, uuid, signal)),
    attempt: source
      .sh((host) => connectTo(host.config, [destinationUri]))
      .then((told) => {
        if (!told.known) return told;
        const [first] = told.value;
        return first === undefined ? untold('it was not tried') : known(first);
      }),
    identity: source.sh((host) => identity(host.config)),
    hostname: called,
    nameAtSource,
    nameAtDestination: after(called, (name) => resolveAt(destination, name)),
    address,
    ports: after(address, (one) => source.sh(() => tryPorts(one, ports))),
    capabilities,
    versions: { source: source.virsh(hostVersions()), destination: destination.virsh(hostVersions()) },
    clock: { source: clockOf(source), destination: clockOf(destination) },
    card: { source: cardOf(source, route), destination: cardOf(destination, routeBack) },
    files: { source: filesOf(source, paths), destination: filesOf(destination, paths) },
    cpu: cpuOf(source, destination, { uuid, needs, sourceCapabilities: capabilities.source }),
    memory: destination.ask(memoryOf),
    networks: { active: destination.virsh(networkNames('active')), all: destination.virsh(networkNames('all')) },
    interfaces: after(needs, ({ bridges }) =>
      bridges.length === 0
        ? Promise.resolve(known(new Set<string>()))
        : destination.sh(() => existingInterfaces(bridges)),
    ),
    pools: poolsOf(destination),
    domains: destination.ask(async (host) => {
      await host.refresh();
      return [...host.domains.values()];
    }),
  };
}

/** The best of a few readings: the first may have waited for a channel, or a busy host. */
const goodEnoughMs = 100;
const readings = 3;

async function clockOf(host: HostAsker): Told<ClockReading> {
  let best: Fact<ClockReading> = untold('it was not asked');
  for (let n = 0; n < readings; n += 1) {
    const told = await host.sh(() => readClock(() => performance.now()));
    if (!told.known) return best.known ? best : told;
    if (!best.known || told.value.uncertaintyMs < best.value.uncertaintyMs) best = told;
    if (best.value.uncertaintyMs <= goodEnoughMs) break;
  }
  return best;
}

/** By libvirt's own list of devices; by what the kernel tells where libvirt has none of the name, or no speed for it. */
function cardOf(host: HostAsker, route: Told<RouteToAddress>): Told<CardSpeed> {
  return after(route, async ({ card, megabitsPerSecond }) => {
    const told = await host.ask(async (one) => {
      // `net_eth0_` also begins the name of a VLAN on eth0.
      const prefix = `net_${card.replace(/[^A-Za-z0-9]/g, '_')}_`;
      const names = (await one.run(netDevices())).filter((name) => name.startsWith(prefix));
      const devices = await Promise.all(names.map((name) => one.run(netDevice(name))));
      return devices.find(({ interfaceName }) => interfaceName === card);
    });
    return known({ card, megabitsPerSecond: valueOf(told)?.megabitsPerSecond ?? megabitsPerSecond });
  });
}

function filesOf(host: HostAsker, paths: Told<readonly string[]>): Told<ReadonlyMap<string, FileSight>> {
  return after(paths, async (all) => {
    if (all.length === 0) return known(new Map());
    const told = await host.sh(() => lookAtFiles(all));
    if (!told.known) return told;
    return known(
      new Map(
        all.flatMap((path, n) => {
          const sight = told.value[n];
          return sight === undefined ? [] : [[path, sight] as const];
        }),
      ),
    );
  });
}

function poolsOf(host: HostAsker): Told<readonly StoragePool[]> {
  return host.ask(async (one) => {
    const uuids = await one.run(poolUuids());
    return Promise.all(uuids.map((uuid) => one.run(poolXml(uuid))));
  });
}

interface CpuContext {
  readonly uuid: string;
  readonly needs: Told<DomainNeeds>;
  readonly sourceCapabilities: Told<HostCapabilities>;
}

function cpuOf(source: HostAsker, destination: HostAsker, context: CpuContext): Told<CpuAnswer> {
  return after(context.needs, async (needs) => {
    if (hasHostCpu(needs)) {
      return after(context.sourceCapabilities, ({ cpuXml }) =>
        cpuXml === undefined
          ? Promise.resolve(untold('libvirt on the source does not tell its CPU'))
          : destination.sh((host) => compareCpu(host.config, { cpuXml, hypervisor: undefined })),
      );
    }
    // What would be sent; who may only read is told what there is.
    const sent = valueOf(await source.virsh(domainNeeds(context.uuid, { migratable: true })));
    const cpuXml = sent?.cpuXml ?? needs.cpuXml;
    if (cpuXml === undefined) return untold('the guest asks for no model of CPU');
    const options = await destination.virsh(helpOptions('hypervisor-cpu-compare'));
    if (!options.known) return options;
    const { virtType, arch, machine } = needs;
    const hypervisor = options.value.size === 0 ? undefined : { virtType, arch, machine };
    if (hypervisor === undefined && virtType !== 'kvm') {
      return untold('libvirt there compares a CPU only with that of its host, which emulates this one');
    }
    return destination.sh((host) => compareCpu(host.config, { cpuXml, hypervisor }));
  });
}
