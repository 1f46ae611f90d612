import { formatBytes, formatDuration, formatMs, formatPercent, formatRate } from '../panel/format.js';
import type { PanelField } from '../panel/protocol.js';
import type { RawField } from '../virsh/jobInfo.js';

type Format = (value: number) => string;

const pages: Format = (value) => `${plain(value)} pages`;
const pagesPerSecond: Format = (value) => `${plain(value)} pages/s`;
const time: Format = (value) => (value < 60_000 ? formatMs(value) : formatDuration(value));

/** The keys of --rawstats: what each is called, and what its number counts. One that is missing here is shown as it came. */
const rawKeys: Readonly<Record<string, readonly [label: string, format: Format]>> = {
  time_elapsed: ['Time elapsed', time],
  time_elapsed_net: ['Time elapsed w/o network', time],
  time_remaining: ['Time remaining', time],
  downtime: ['Downtime', time],
  downtime_net: ['Downtime w/o network', time],
  setup_time: ['Setup time', time],
  data_total: ['Data total', formatBytes],
  data_processed: ['Data processed', formatBytes],
  data_remaining: ['Data remaining', formatBytes],
  memory_total: ['Memory total', formatBytes],
  memory_processed: ['Memory processed', formatBytes],
  memory_remaining: ['Memory remaining', formatBytes],
  memory_bps: ['Memory bandwidth', formatRate],
  memory_dirty_rate: ['Dirty rate', pagesPerSecond],
  memory_iteration: ['Iteration', plain],
  memory_page_size: ['Page size', formatBytes],
  memory_constant: ['Constant pages', pages],
  memory_normal: ['Normal pages', pages],
  memory_normal_bytes: ['Normal data', formatBytes],
  memory_postcopy_requests: ['Postcopy requests', plain],
  disk_total: ['File total', formatBytes],
  disk_processed: ['File processed', formatBytes],
  disk_remaining: ['File remaining', formatBytes],
  disk_bps: ['File bandwidth', formatRate],
  disk_temp_used: ['Temporary disk space use', formatBytes],
  disk_temp_total: ['Temporary disk space total', formatBytes],
  compression_cache: ['Compression cache', formatBytes],
  compression_bytes: ['Compressed data', formatBytes],
  compression_pages: ['Compressed pages', pages],
  compression_cache_misses: ['Compression cache misses', plain],
  compression_overflow: ['Compression overflows', plain],
  auto_converge_throttle: ['Auto converge throttle', formatPercent],
  vfio_data_transferred: ['VFIO data transferred', formatBytes],
  operation: ['Operation', plain],
  success: ['Success', plain],
  errmsg: ['Error message', plain],
};

/** Every field of the last reading, in the order it was printed: unknown ones as they came, known raw numbers readable. */
export function fieldsTable(fields: readonly RawField[]): PanelField[] {
  return fields.map(({ name, value }) => {
    const known = rawKeys[name];
    if (known === undefined) return { name, label: name, value };
    const [label, format] = known;
    if (!/^\d{1,15}$/.test(value)) return { name, label, value };
    const readable = format(Number(value));
    // The exact number stays: it is what scripts and bug reports want.
    return { name, label, value: /^\d+\b/.exec(readable)?.[0] === value ? readable : `${readable} (${value})` };
  });
}

function plain(value: number): string {
  return String(value);
}
