import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type HostName, hostPlans, stateFolder } from './layout.js';
import { processInNetwork, removeNetwork } from './network.js';
import { commandLine, hostInit, hostKeeper } from './processes.js';
import { until } from './run.js';

const endLimitMs = 10_000;

/** Takes down whatever a lab, whole or crashed, has left: processes, namespaces, links, files. Does nothing when there is none. */
export async function removeEverything(): Promise<void> {
  await Promise.all(hostPlans.map(({ name }) => endHost(name)));
  await refuseIfStrange();
  await removeNetwork();
  await rm(stateFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

async function endHost(name: HostName): Promise<void> {
  const keeper = await hostKeeper(name);
  if (keeper === undefined) return;
  const init = await hostInit(keeper);
  // unshare ignores TERM; its --kill-child takes the whole host along.
  process.kill(keeper, 'SIGKILL');
  const pids = init === undefined ? [keeper] : [keeper, init];
  await until(
    `the end of ${name}`,
    () => (pids.some((pid) => existsSync(`/proc/${pid}`)) ? undefined : true),
    endLimitMs,
  );
}

/** With another temporary folder another lab's hosts are not ours to end, though their namespaces have our names. */
async function refuseIfStrange(): Promise<void> {
  const pid = await processInNetwork();
  if (pid === undefined) return;
  const words = (await commandLine(pid)).join(' ');
  throw new Error(`The lab's network is in use by a process of somebody else's: ${pid} (${words})`);
}
