import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from './layout.js';
import { must } from './run.js';

/** What a guest's init prints once its working set is filled and its load runs. */
export const hotLine = /^HOT\r?$/m;
/** What it prints once its load has stopped, or started, on its way. */
export const changedLine = /^(?:COOL|WARM)\r?$/m;
/** What it prints each second: a counter, and the seconds it has been up by its own clock. */
export const beatLine = /^BEAT (\d+) (\d+\.\d+)\r?\n/gm;

/** The working set is written in steps of this. */
export const stepMiB = 8;
const mib = 2 ** 20;
/** The pattern has so many beginnings, within a MiB. */
const patterns = 16;

/**
 * Init reads the kernel's command line: `ws` MiB of a tmpfs file are rewritten at `rate` MiB/s at most (0: as fast as it
 * goes), in the manner of `load`. The pattern is random, since zero pages cost a migration nothing, and each pass writes
 * other bytes than the one before; with `alike`, few others. Copying it costs a fraction of the CPU that making random bytes would. A guest that fell
 * behind, because it was frozen or its machine was busy, does not make up for it.
 */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t tmpfs -o size=90% tmpfs /t
exec < /dev/console > /dev/console 2>&1
ws=0 rate=0 load=idle for=0 then=0 alike=0
for word in $(cat /proc/cmdline); do
  case $word in ws=*|rate=*|load=*|for=*|then=*|alike=*) eval "$word" ;; esac
done
beats() {
  n=0
  while :; do
    read up rest < /proc/uptime
    n=$((n+1)); echo "BEAT $n $up"
    sleep 1
  done
}
now() { read up rest < /proc/uptime; echo \${up%.*}\${up#*.}; }
begin() { began=$(now) written=0; }
# The pattern is longer than a step: further on it is another pattern, or, alike, itself with every 256th byte changed. There are
# several: who compares a page before and after, as QEMU does to measure, is not to meet the same one again.
step() {
  from=$((passes%patterns*further))
  dd if=/t/pattern of=/t/set bs=1M count=${stepMiB} skip=$from iflag=skip_bytes seek=$1 conv=notrunc 2> /dev/null
}
pass() {
  passes=$((passes+1)) i=0
  while [ $i -lt $ws ]; do
    step $i
    i=$((i+${stepMiB})) written=$((written+${stepMiB}))
    [ $rate -gt 0 ] || continue
    ahead=$((written*100/rate - ($(now)-began)))
    if [ $ahead -gt 1 ]; then usleep $((ahead*10000)); elif [ $ahead -lt -100 ]; then begin; fi
  done
}
beats &
passes=0
patterns=${patterns} further=${mib / patterns}
dd if=/dev/urandom of=/t/pattern bs=1M count=${stepMiB + 1} 2> /dev/null
if [ $alike = 1 ]; then
  patterns=3 further=${stepMiB * mib}
  for byte in 1 2; do
    dd if=/t/pattern bs=1M count=${stepMiB} 2> /dev/null | tr '\\000' "\\00$byte" > /t/more
    dd if=/t/more of=/t/pattern bs=1M seek=$((${stepMiB}*byte)) 2> /dev/null; rm /t/more
  done
fi
i=0; while [ $i -lt $ws ]; do step $i; i=$((i+${stepMiB})); done
echo HOT
begin
case $load in
  hot|cool) while :; do pass; done ;;
  bursty) while :; do pass; pass; sleep 10; begin; done ;;
  stops)
    end=$((began+for*100)); while [ $(now) -lt $end ]; do pass; done
    echo COOL
    [ $then -gt 0 ] && { rate=$then; begin; while :; do pass; done; } ;;
  starts) sleep $for; echo WARM; begin; while :; do pass; done ;;
esac
while :; do sleep 1000; done
`;

/** Makes the guests' only file system: a static busybox and the init above. */
export async function makeInitramfs(file: string): Promise<void> {
  const root = await mkdtemp(join(stateFolder, 'initramfs-'));
  for (const folder of ['bin', 'dev', 'proc', 't']) await mkdir(join(root, folder));
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('busybox-static is not installed');
  await copyFile(busybox, join(root, 'bin', 'busybox'));
  await symlink('busybox', join(root, 'bin', 'sh'));
  await writeFile(join(root, 'init'), init);
  await chmod(join(root, 'init'), 0o755);
  await must(['sh', '-c', 'cd "$0" && find . | cpio -o -H newc --quiet | gzip -1 > "$1"', root, file]);
  await rm(root, { recursive: true });
}
