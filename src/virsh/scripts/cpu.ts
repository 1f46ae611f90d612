import { UserError } from '../../base/errors.js';
import { shellQuote, type VirshStart, virshStartLine } from '../quote.js';
import type { ShellScript } from '../script.js';
import { limited, slackMs } from './common.js';

/** What a comparison of a CPU with the one a host can give came to. */
export interface CpuAnswer {
  readonly verdict: 'identical' | 'superset' | 'incompatible';
  /** virsh's own words. */
  readonly words: string;
}

export interface CpuQuestion {
  readonly cpuXml: string;
  /** What QEMU can give there (since 4.4), or undefined to ask what the host's own CPU has. */
  readonly hypervisor:
    | { readonly virtType: string | undefined; readonly arch: string | undefined; readonly machine: string | undefined }
    | undefined;
}

/** By virsh, reading the XML from its input: it must be found in a container as well. */
export function compareCpu(start: VirshStart, { cpuXml, hypervisor }: CpuQuestion): ShellScript<CpuAnswer> {
  const option = (name: string, value: string | undefined): string =>
    value === undefined ? '' : ` ${name} ${shellQuote(value)}`;
  const command =
    hypervisor === undefined
      ? 'cpu-compare /dev/stdin'
      : `hypervisor-cpu-compare /dev/stdin${option('--virttype', hypervisor.virtType)}${option('--arch', hypervisor.arch)}${option('--machine', hypervisor.machine)}`;
  return {
    label: `virsh ${command}`,
    script: `${limited}
printf '%s' "$2" | limited 10 sh -c "$1" 2>&1
case $? in 0) exit 0 ;; esac
printf '%s' "$2" | limited 10 sh -c "$1 --error" 2>&1
exit 0`,
    args: [`${virshStartLine(start)} ${command}`, cpuXml],
    timeoutMs: 2 * slackMs + slackMs,
    parse: ({ stdout }) => {
      const words = stdout.match(/(?<=^error: ).+$/gm)?.at(-1) ?? '';
      if (/is incompatible|is not compatible|incompatible with/i.test(stdout))
        return { verdict: 'incompatible', words };
      if (/identical/i.test(stdout)) return { verdict: 'identical', words };
      if (/superset/i.test(stdout)) return { verdict: 'superset', words };
      throw new UserError(words === '' ? 'virsh did not say whether the CPU fits.' : words);
    },
  };
}
