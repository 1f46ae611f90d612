import { VirshHypervisor } from '../../src/hypervisor/hypervisor.js';
import type { HypervisorOptions } from '../../src/hypervisor/hypervisor.js';
import type { HostConfig } from '../../src/hypervisor/model.js';
import type { VirshCommand } from '../../src/virsh/command.js';
import type { Lab } from '../lab/lab.js';
import { WatchedLab } from '../lab/watched.js';

/** A host that tells when a sample's question is put to it. */
class TimedHypervisor extends VirshHypervisor {
  constructor(
    config: HostConfig,
    options: HypervisorOptions,
    private readonly onAsk: () => void,
  ) {
    super(config, options);
  }

  override run<T>(command: VirshCommand<T>): Promise<T> {
    if (command.lane === 'sample') this.onAsk();
    return super.run(command);
  }
}

/** hv1 as the extension watches it. */
export interface WatchedHost {
  readonly hypervisor: VirshHypervisor;
  /** The next sample of all its migrating domains: ms from the first question to the last one's being in its migration. */
  next(): Promise<number>;
  close(): void;
}

export interface WatchedHostOptions {
  /** How many domains migrate. */
  readonly domains: number;
  readonly sampleIntervalMs: number;
  /** Where its ssh is to read of hv1; the lab's own unless given. */
  readonly configFile?: string | undefined;
}

/** Watches hv1 by all that the extension has for it, and resolves once each of the migrations has been seen. */
export async function watchHost(
  lab: Lab,
  { domains, sampleIntervalMs, configFile }: WatchedHostOptions,
): Promise<WatchedHost> {
  let beganMs: number | undefined;
  let taken = 0;
  let told: (ms: number) => void = () => undefined;
  const onAsk = (): void => void (beganMs ??= performance.now());
  const onSample = (): void => {
    // Asked before it was listened to: no sample of this one's.
    if (beganMs === undefined) return;
    taken += 1;
    if (taken < domains) return;
    const tookMs = performance.now() - beganMs;
    taken = 0;
    beganMs = undefined;
    told(tookMs);
  };
  const watched = new WatchedLab(
    lab,
    sampleIntervalMs,
    configFile === undefined ? {} : { configFile },
    undefined,
    (config, options) => new TimedHypervisor(config, options, onAsk),
  );
  const [config] = watched.fleet.hypervisors.map(({ config }) => config);
  if (config === undefined) throw new Error('the lab has no host');
  watched.fleet.configure([config]);
  const seen = new Promise<void>((resolve) => {
    watched.registry.onDidStart((migration) => {
      migration.onDidChange(({ samples }) => samples.forEach(onSample));
      if (watched.registry.all.length === domains) resolve();
    });
  });
  await watched.connect();
  await seen;
  beganMs = undefined;
  taken = 0;
  const hypervisor = watched.fleet.get(config.name);
  if (!(hypervisor instanceof VirshHypervisor)) throw new Error('it is not watched');
  return {
    hypervisor,
    next: () => new Promise((resolve) => (told = resolve)),
    close: () => watched.dispose(),
  };
}
