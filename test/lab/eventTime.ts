/** `2026-11-22 22:48:42.466+0000: ` that `virsh event --timestamp` puts before an event: since 1970, in ms. */
export function eventTimeMs(line: string): number {
  const [, date, time, hours, minutes] = /^(\S+) (\S+)([+-]\d\d)(\d\d): /.exec(line) ?? [];
  const ms = Date.parse(`${date}T${time}${hours}:${minutes}`);
  if (Number.isNaN(ms)) throw new Error(`no time in "${line}"`);
  return ms;
}
