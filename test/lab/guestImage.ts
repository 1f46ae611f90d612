import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, stateFolder } from './layout.js';
import { must, run } from './run.js';

/** What every guest boots. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
}

/** The kernel from the cache, or unpacked from its package without installing it; the initramfs made anew. */
export async function guestImage(): Promise<GuestImage> {
  const kernel = join(cacheFolder, 'vmlinuz');
  if (!existsSync(kernel)) await fetchKernel(kernel);
  const initrd = join(stateFolder, 'initrd');
  await makeInitrd(initrd);
  return { kernel, initrd };
}

async function fetchKernel(kernel: string): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const folder = await mkdtemp(join(cacheFolder, 'fetch-'));
  try {
    const name = await kernelPackage();
    // apt's sandbox user can't write here and says so; it downloads as root then.
    await must(['sh', '-c', `cd "$0" && apt-get download -qq -o APT::Sandbox::User=root "$1"`, folder, name]);
    const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'));
    if (file === undefined) throw new Error(`apt-get download ${name} left no package`);
    await must(['dpkg-deb', '-x', join(folder, file), folder]);
    const image = (await readdir(join(folder, 'boot'))).find((entry) => entry.startsWith('vmlinuz'));
    if (image === undefined) throw new Error(`${name} holds no kernel`);
    await rename(join(folder, 'boot', image), kernel);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

/**
 * Init reads the kernel's command line: `ws` MiB of a tmpfs file are rewritten at `rate` MiB/s at most (0: as fast as it
 * goes), in the manner of `load`. The pattern is random, since zero pages cost a migration nothing. It prints a beat a
 * second with a counter, so that a log shows that the guest went on, and HOT once its working set is filled.
 */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t tmpfs -o size=90% tmpfs /t
exec < /dev/console > /dev/console 2>&1
ws=0 rate=0 load=idle for=0
for word in $(cat /proc/cmdline); do
  case $word in ws=*|rate=*|load=*|for=*) eval "$word" ;; esac
done
beats() { n=0; while :; do n=$((n+1)); echo "BEAT $n"; sleep 1; done; }
now() { read up rest < /proc/uptime; echo \${up%.*}\${up#*.}; }
# One pass over the working set in steps of 8 MiB, no faster than the rate: the clock is looked at after each.
pass() {
  i=0
  while [ $i -lt $ws ]; do
    dd if=/t/pattern of=/t/set bs=1M count=8 seek=$i conv=notrunc 2> /dev/null
    i=$((i+8)); done_mib=$((done_mib+8))
    if [ $rate -gt 0 ]; then
      ahead=$((done_mib*100/rate - ($(now)-began)))
      [ $ahead -gt 1 ] && usleep $((ahead*10000))
    fi
  done
}
dd if=/dev/urandom of=/t/pattern bs=1M count=8 2> /dev/null
i=0; while [ $i -lt $ws ]; do dd if=/t/pattern of=/t/set bs=1M count=8 seek=$i conv=notrunc 2> /dev/null; i=$((i+8)); done
echo HOT
beats &
began=$(now) done_mib=0
case $load in
  hot) while :; do pass; done ;;
  bursty) while :; do pass; pass; sleep 10; began=$(now) done_mib=0; done ;;
  stops) end=$((began+for*100)); while [ $(now) -lt $end ]; do pass; done; echo COOL ;;
esac
while :; do sleep 1000; done
`;

async function makeInitrd(initrd: string): Promise<void> {
  const root = join(stateFolder, 'initramfs');
  for (const folder of ['bin', 'dev', 'proc', 't']) await mkdir(join(root, folder), { recursive: true });
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('busybox-static is not installed');
  await copyFile(busybox, join(root, 'bin', 'busybox'));
  await symlink('busybox', join(root, 'bin', 'sh')).catch(() => undefined);
  await writeFile(join(root, 'init'), init);
  await chmod(join(root, 'init'), 0o755);
  await must(['sh', '-c', 'cd "$0" && find . | cpio -o -H newc --quiet | gzip -1 > "$1"', root, initrd]);
}
