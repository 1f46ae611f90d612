/** `*` and `?` as OpenSSH reads them; brackets stand for themselves. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replace(/\*+/g, '*')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

/** Whether patterns name something: one that is negated and fits decides against it, whatever the others say. */
export function isNamed(patterns: readonly string[], name: string): boolean {
  const fits = (pattern: string): boolean => matchesPattern(pattern, name);
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern));
}
