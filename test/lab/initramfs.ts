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

/** The working set is written in steps of this at most. */
const stepMiB = 8;
const mib = 2 ** 20;
/** Each pass begins a page further on in the pattern, until it begins anew. */
const patterns = 256;
const pageBytes = 4096;
/** What is alike from page to page is lines of this many bytes, which begin with their number. */
const alikeBytes = 256;
const patternMiB = stepMiB + (patterns * pageBytes) / mib;
const numberDigits = String((patternMiB * mib) / alikeBytes).length;

/**
 * Init reads the kernel's command line: `ws` MiB of a tmpfs file are rewritten at `rate` MiB/s at most (0: as fast as it
 * goes), in the manner of `load`: `step` MiB at a time, in turn or, where `scattered`, here and there. The pattern is random, since zero pages cost a migration nothing, and each pass writes
 * other bytes than the one before; with `alike`, few others. Copying it costs a fraction of the CPU that making random bytes would. A guest that fell
 * behind, because it was frozen or its machine was busy, does not make up for it.
 */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t tmpfs -o size=90% tmpfs /t
exec < /dev/console > /dev/console 2>&1
ws=0 rate=0 load=idle for=0 then=0 alike=0 step=${stepMiB} scattered=0
for word in $(cat /proc/cmdline); do
  case $word in ws=*|rate=*|load=*|for=*|then=*|alike=*|step=*|scattered=*) eval "$word" ;; esac
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
# The pattern is longer than a step: each pass begins a page further on, so that each page becomes another. There are many: who
# compares a page before and after, as QEMU does to measure, is not to meet the same one again.
write() {
  from=$((passes%${patterns}*${pageBytes}))
  dd if=/t/pattern of=/t/set bs=1M count=$step skip=$from iflag=skip_bytes seek=$1 conv=notrunc 2> /dev/null
}
pass() {
  passes=$((passes+1)) i=0
  while [ $i -lt $ws ]; do
    # Where it met a step before in this pass, the bytes are to be others all the same.
    if [ $scattered = 1 ]; then passes=$((passes+1)); write $((RANDOM%(ws/step)*step)); else write $i; fi
    i=$((i+step)) written=$((written+step))
    [ $rate -gt 0 ] || continue
    ahead=$((written*100/rate - ($(now)-began)))
    if [ $ahead -gt 1 ]; then usleep $((ahead*10000)); elif [ $ahead -lt -100 ]; then begin; fi
  done
}
beats &
passes=0
if [ $alike = 1 ]; then
  # Lines that differ in their number alone: a page has ${pageBytes / alikeBytes}.
  text=$(tr -dc a-z < /dev/urandom | head -c ${alikeBytes - numberDigits - 1})
  seq -w 1 ${(patternMiB * mib) / alikeBytes} | sed "s/$/$text/" > /t/pattern
else
  dd if=/dev/urandom of=/t/pattern bs=1M count=${patternMiB} 2> /dev/null
fi
# Nothing is scattered where this shell has no RANDOM.
[ $scattered = 0 ] || [ -n "$RANDOM" ] || exit 1
each=$step step=${stepMiB} i=0; while [ $i -lt $ws ]; do write $i; i=$((i+step)); done; step=$each
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
