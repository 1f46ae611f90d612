// npm passes a signal on to its shell, and that dies of it without telling us: `kill` on npm would leave everything running.
const lookMs = 500;

/**
 * Calls `then` once, when the npm that started this program is gone. Does nothing for a program started without npm, whose
 * parent may well leave it behind on purpose.
 * @param {() => void} then
 */
export function whenOrphaned(then) {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, lookMs);
  timer.unref();
}
