import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './layout.js';
import { must, run } from './run.js';

/** The kernel that guests boot, in `file`: from the cache, or unpacked from its package without installing it. */
export async function provideKernel(file: string): Promise<void> {
  const cached = join(cacheFolder, 'vmlinuz');
  if (!existsSync(cached)) await fetchKernel(cached);
  await copyFile(cached, file);
}

async function fetchKernel(kernel: string): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'fetch-'));
  try {
    await rename(await findKernel(folder), kernel);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Old package lists name files that are gone, so a failure is tried again with new ones; an installed kernel does as well. */
async function findKernel(folder: string): Promise<string> {
  try {
    return await kernelFromPackage(folder);
  } catch {
    await run(['apt-get', 'update', '-qq']);
  }
  try {
    return await kernelFromPackage(folder);
  } catch (error) {
    const installed = await installedKernel(folder);
    if (installed === undefined) throw error;
    return installed;
  }
}

async function kernelFromPackage(folder: string): Promise<string> {
  const name = await kernelPackage();
  // apt's sandbox user can't write here and says so; it downloads as root then.
  await must(['sh', '-c', 'cd "$0" && apt-get download -qq -o APT::Sandbox::User=root "$1"', folder, name]);
  const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get download ${name} left no package`);
  await must(['dpkg-deb', '-x', join(folder, file), folder]);
  const image = (await readdir(join(folder, 'boot'))).find((entry) => entry.startsWith('vmlinuz'));
  if (image === undefined) throw new Error(`${name} holds no kernel`);
  return join(folder, 'boot', image);
}

async function installedKernel(folder: string): Promise<string | undefined> {
  const newest = (await readdir('/boot').catch(() => []))
    .filter((entry) => entry.startsWith('vmlinuz-'))
    .sort()
    .at(-1);
  if (newest === undefined) return undefined;
  const copy = join(folder, newest);
  await copyFile(join('/boot', newest), copy);
  return copy;
}

/** Debian's cloud kernel is small and has what a guest needs built in; Ubuntu's nearest is -kvm or -virtual. */
async function kernelPackage(): Promise<string> {
  for (const meta of ['linux-image-cloud-amd64', 'linux-image-kvm', 'linux-image-virtual']) {
    const { stdout } = await run(['apt-cache', 'depends', '--no-recommends', '--no-suggests', meta]);
    const name = /Depends: (linux-image-\d\S*)/.exec(stdout)?.[1];
    if (name !== undefined) return name;
  }
  throw new Error('no kernel package for the guests is known to apt; run apt-get update');
}
