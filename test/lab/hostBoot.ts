import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabHost, sshPort } from './host.js';
import { hostScript, hostsFile, libvirtdConf, ownFolderNames, qemuConf, sshdClock, sshdConfig } from './hostScript.js';
import { bootScript, clientKey, hostFolder, type HostPlan, sshConfig } from './layout.js';
import { hostInit, hostKeeper } from './processes.js';
import { makeKey } from './sshFiles.js';
import { run, until } from './run.js';

const bootLimitMs = 30_000;

/** Starts a host; it lives on when this process ends. Its daemons' clock may be ahead of the machine's. */
export async function bootHost(plan: HostPlan, clockAheadSeconds = 0): Promise<void> {
  const folder = hostFolder(plan.name);
  for (const name of ownFolderNames) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'hosts'), hostsFile());
  await writeFile(join(folder, 'conf', 'libvirtd.conf'), libvirtdConf(plan, randomUUID()));
  await writeFile(join(folder, 'conf', 'qemu.conf'), qemuConf(plan));
  await makeKey(join(folder, 'host_key'), plan.name);
  await copyFile(`${clientKey}.pub`, join(folder, 'authorized_keys'));
  await writeFile(
    join(folder, 'sshd_config'),
    sshdConfig(plan, sshPort, join(folder, 'sshd.pid'), sshdClock(clockAheadSeconds)),
  );
  const script = bootScript(plan.name);
  await writeFile(script, hostScript(plan, clockAheadSeconds), { mode: 0o755 });

  const log = openSync(join(folder, 'boot.log'), 'a');
  const namespaces = ['--mount', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const child = spawn('ip', ['netns', 'exec', plan.namespace, 'unshare', ...namespaces, script], {
    detached: true,
    stdio: ['ignore', log, log],
    // As a machine's own start would have it: nothing of who happens to bring the lab up.
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C' },
  });
  child.unref();
  const gone = new Promise<never>((_resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      void readFile(join(folder, 'boot.log'), 'utf8').then((text) => {
        reject(new Error(`${plan.name} did not start (${code ?? 'killed'}): ${text.trim()}`));
      });
    });
  });
  const started = until(
    `the start of ${plan.name} (see ${folder}/boot.log)`,
    () => (existsSync(join(folder, 'started')) ? true : undefined),
    bootLimitMs,
  );
  try {
    await Promise.race([started, gone]);
  } finally {
    gone.catch(() => undefined);
    started.catch(() => undefined);
  }
}

/** A host that runs, as something to work with. */
export async function attachHost(plan: HostPlan): Promise<LabHost> {
  const keeper = await hostKeeper(plan.name);
  const init = keeper === undefined ? undefined : await hostInit(keeper);
  if (init === undefined) throw new Error(`${plan.name} is not running`);
  return new LabHost(plan, init);
}

/** Waits until it can be worked with: by virsh, and over SSH. */
export async function untilAnswers(host: LabHost): Promise<void> {
  await until(
    `libvirtd on ${host.name}`,
    async () => ((await host.exec(['virsh', 'list'])).code === 0 ? true : undefined),
    bootLimitMs,
  );
  const ssh = ['ssh', '-F', sshConfig, '-o', 'BatchMode=yes', host.name, 'true'];
  await until(`sshd on ${host.name}`, async () => ((await run(ssh)).code === 0 ? true : undefined), bootLimitMs);
}
