/** A value checked before it is sent: as libvirt takes it, or why it can't be sent. */
export type Checked = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly message: string };

/** libvirt's "no limit": the most MiB whose bytes fit into a signed 64-bit number. `migrate-getspeed` answers it where none is set. */
export const unlimitedMiBps = 8_796_093_022_207;
/** QEMU's own hard maximum. */
const maxDowntimeLimitMs = 2_000_000;

const megabit = 1e6 / 8 / 2 ** 20;

/**
 * To MiB/s. Decimal units are those of networks: 1 Gbit/s is 119 MiB/s. As it is written where only a letter's case tells
 * bits from bytes: Mbps is clear, MBps and Mib/s are another thing, mbps may be either.
 */
const speedFactors: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['MiB', 1],
  ['MiB/s', 1],
  ['mib', 1],
  ['mib/s', 1],
  ['GiB', 1024],
  ['GiB/s', 1024],
  ['gib', 1024],
  ['gib/s', 1024],
  ['Mbit/s', megabit],
  ['mbit/s', megabit],
  ['Mbps', megabit],
  ['Gbit/s', 1000 * megabit],
  ['gbit/s', 1000 * megabit],
  ['Gbps', 1000 * megabit],
]);

const speedHelp = 'Type a number of MiB/s such as 200, or 1 GiB/s, 800 Mbit/s, unlimited.';
const cacheFactors: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['MiB', 1],
  ['mib', 1],
  ['GiB', 1024],
  ['gib', 1024],
]);
/** No guest is larger by much: what is, was mistyped. */
const largestCacheMiB = 2 ** 20;

const cacheHelp = 'Type a number of MiB that is a power of two, such as 64 or 512, or 1 GiB.';
const downtimeHelp = 'Type a number of ms such as 500, or 1.5 s.';

/** A migration speed in whole MiB/s, from `20`, `20 MiB/s`, `1 GiB/s`, `800 Mbit/s` (rounded down) or `unlimited`. */
export function parseSpeedMiBps(input: string | number): Checked {
  const text = String(input).trim();
  if (/^unlimited$/i.test(text)) return { ok: true, value: unlimitedMiBps };
  const match = /^([+-]?\d[\d_]*(?:\.\d+)?)\s*([a-z/]*)$/i.exec(text);
  const [, digits, unit = ''] = match ?? [];
  if (digits === undefined) return refuse(text, 'is not a speed', speedHelp);
  const factor = speedFactors.get(unit);
  // MB, mb and M may mean bits or bytes, thousands or 1024s: a wrong guess is eight times too fast.
  if (factor === undefined) return refuse(text, `has the unit "${unit}", which is not clear`, speedHelp);
  const exact = Number(digits.replaceAll('_', '')) * factor;
  if (exact < 0) return refuse(text, 'is negative', speedHelp);
  if (unit === '' && !Number.isInteger(exact))
    return refuse(text, 'is no whole number: libvirt takes whole MiB/s', speedHelp);
  const value = Math.floor(exact);
  if (value < 1)
    return refuse(text, 'is less than 1 MiB/s, the least that libvirt takes (0 would mean no limit)', speedHelp);
  if (value > unlimitedMiBps) return refuse(text, `is more than ${unlimitedMiBps} MiB/s, libvirt's most`, speedHelp);
  return { ok: true, value };
}

/** A maximum downtime in whole ms, from `300`, `300 ms`, `12 s` or `1.5 s`; 1 to 2 000 000 ms, QEMU's maximum. */
export function parseDowntimeMs(input: string | number): Checked {
  const text = String(input).trim();
  const match = /^([+-]?\d[\d_]*(?:\.\d+)?)\s*([a-zµ]*)$/i.exec(text);
  const [, digits, unit = ''] = match ?? [];
  if (digits === undefined) return refuse(text, 'is not a time', downtimeHelp);
  const factor = unit === '' || unit === 'ms' ? 1 : unit === 's' ? 1000 : undefined;
  if (factor === undefined) return refuse(text, `has the unit "${unit}", which is neither ms nor s`, downtimeHelp);
  const value = Number((Number(digits.replaceAll('_', '')) * factor).toFixed(6));
  if (value < 0) return refuse(text, 'is negative', downtimeHelp);
  if (!Number.isInteger(value)) return refuse(text, 'is no whole number of ms', downtimeHelp);
  if (value < 1) return refuse(text, 'is less than 1 ms, the least', downtimeHelp);
  if (value > maxDowntimeLimitMs)
    return refuse(text, `is more than ${maxDowntimeLimitMs} ms, QEMU's maximum`, downtimeHelp);
  return { ok: true, value };
}

/**
 * The cache of the XBZRLE compression in whole MiB, from `64`, `64 MiB` or `1 GiB`: a power of two, as QEMU wants it (7.2), and
 * no more than the guest's memory needs, where that is known. QEMU itself would take more, and take it from the host.
 */
export function parseCacheMiB(input: string | number, guestMemoryBytes?: number): Checked {
  const text = String(input).trim();
  const match = /^([+-]?\d[\d_]*(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const [, digits, unit = ''] = match ?? [];
  if (digits === undefined) return refuse(text, 'is not a size', cacheHelp);
  const factor = cacheFactors.get(unit);
  if (factor === undefined) return refuse(text, `has the unit "${unit}", which is neither MiB nor GiB`, cacheHelp);
  const value = Number(digits.replaceAll('_', '')) * factor;
  if (value < 0) return refuse(text, 'is negative', cacheHelp);
  if (!Number.isInteger(value) || value < 1)
    return refuse(text, 'is no whole number of MiB, of which 1 is the least', cacheHelp);
  if (!Number.isInteger(Math.log2(value))) {
    const [below, above] = [Math.floor, Math.ceil].map((round) => 2 ** round(Math.log2(value)));
    return refuse(text, `is no power of two, which QEMU wants: ${below} or ${above} MiB are`, cacheHelp);
  }
  if (value > largestCacheMiB) return refuse(text, 'is more than 1 TiB', cacheHelp);
  const mostMiB =
    guestMemoryBytes === undefined ? largestCacheMiB : 2 ** Math.ceil(Math.log2(guestMemoryBytes / 2 ** 20));
  if (value > mostMiB) return refuse(text, `is more than the guest's memory fills: ${mostMiB} MiB`, cacheHelp);
  return { ok: true, value };
}

function refuse(text: string, why: string, help: string): Checked {
  return { ok: false, message: text === '' ? help : `"${text.slice(0, 40)}" ${why}. ${help}` };
}
