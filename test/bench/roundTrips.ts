import { type Guest, Lab } from '../lab/lab.js';
import { startRelay } from '../lab/relay.js';
import { median, report } from './figure.js';
import { watchHost } from './watchedHost.js';

const roundTripMs = 50;
const domains = 10;
const samples = 20;
/** Longer than a sample of all takes, so that they are asked together. */
const sampleIntervalMs = 500;

/** Ten migrating domains behind a round trip of 50 ms, and without it: what the distance adds to a sample of all of them. */
export async function benchRoundTrips(lab: Lab): Promise<void> {
  const plan = { load: 'idle', workingSetMiB: 8, memoryMiB: 128 } as const;
  const guests: Guest[] = [];
  for (let index = 0; index < domains; index++) {
    guests.push(await lab.startGuest('hv1', { ...plan, name: `ten-${index}` }));
  }
  await Promise.all(guests.map((guest) => guest.untilHot()));
  // 128 MiB at 1 MiB/s last until all is measured.
  for (const guest of guests) void lab.migrate(guest, 'hv1', 'hv2', { bandwidthMiBps: 1 });

  const { address } = lab.host('hv1');
  const relay = await startRelay(address, 22, roundTripMs);
  const configFile = await lab
    .host('hv1')
    .writeFile(
      'relay_config',
      `Host hv1\n  HostName 127.0.0.1\n  Port ${relay.port}\n  User root\n  HostKeyAlias ${address}\n  IdentityFile ${lab.clientKey}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${lab.knownHosts}\n`,
    );
  try {
    const here = await sampleMs(lab, undefined);
    const far = await sampleMs(lab, configFile);
    report({
      name: 'sampling.tenDomains',
      value: (far - here) / roundTripMs,
      unit: 'round trips',
      against: `a sample of ten migrating domains (five questions each) behind ${roundTripMs} ms, ${far.toFixed(0)} ms, less the same without the distance, ${here.toFixed(0)} ms`,
      bound: 1.5,
    });
  } finally {
    await relay.close();
    await lab.clear();
  }
}

async function sampleMs(lab: Lab, configFile: string | undefined): Promise<number> {
  const watched = await watchHost(lab, { domains, sampleIntervalMs, configFile });
  try {
    const times: number[] = [];
    while (times.length < samples) times.push(await watched.next());
    return median(times);
  } finally {
    watched.close();
  }
}
