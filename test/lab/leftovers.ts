import { readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bridge, hostFolder, hostPlans, stateFolder } from './layout.js';
import { run, until } from './run.js';

/** The process recorded for a host, if it is still that one: a pid may be another's by now. */
export async function hostPid(folder: string): Promise<number | undefined> {
  const recorded = await readFile(join(folder, 'unshare.pid'), 'utf8').catch(() => undefined);
  if (recorded === undefined) return undefined;
  const pid = Number(recorded);
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes(join(folder, 'boot.sh')) ? pid : undefined;
}

/** Takes down whatever a lab, whole or crashed, has left: processes, namespaces, links, files. Does nothing when there is none. */
export async function removeEverything(): Promise<void> {
  for (const { name, namespace, veth } of hostPlans) {
    const pid = await hostPid(hostFolder(name));
    // unshare ignores TERM; its --kill-child takes the whole host along.
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      await until(`the end of ${name}`, () => Promise.resolve(existsSync(`/proc/${pid}`) ? undefined : true), 10_000);
    }
    await run(['ip', 'netns', 'del', namespace]);
    await run(['ip', 'link', 'del', veth]);
  }
  await run(['ip', 'link', 'del', bridge]);
  await rm(stateFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
