import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Page } from 'playwright-core';
import { repository } from '../run/machine.mjs';
import type { VsCodeServer } from './vscodeServer.js';

const folder = join(repository, 'out', 'e2e-failures');

/**
 * Keeps what a failed wait looked like: a screenshot, the page's console, the server's log and the extension host's. Says
 * where, without the endings.
 */
export async function saveFailure(
  page: Page,
  server: VsCodeServer,
  console: readonly string[],
  what: string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const slug = what.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60);
  const path = join(folder, `${new Date().toISOString().replace(/[:.]/g, '-')}-${slug}`);
  const screenshot = page.screenshot({ path: `${path}.png`, timeout: 10_000 }).catch(() => undefined);
  const logs = await server.readLogs(/exthost\d*\/.*\.log$/).catch(String);
  const parts = { page: page.url(), console: console.join('\n'), server: server.log, 'extension host': logs };
  const text = Object.entries(parts).map(([title, part]) => `== ${title}\n${part}\n`);
  await Promise.all([screenshot, writeFile(`${path}.log`, `${what}\n\n${text.join('\n')}`)]);
  return relative(process.cwd(), path);
}
