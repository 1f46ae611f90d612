import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../run/machine.mjs';
import { median, report } from './figure.js';

const mib = 1024 * 1024;
const runs = 9;

/** The .vsix against the 1 MB that it may have. */
export function benchSize(): void {
  execFileSync('npm', ['run', '--silent', 'package'], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] });
  const bytes = statSync(join(repository, 'dist', 'libvirt-live-migration.vsix')).size;
  report({ name: 'size', value: bytes / mib, unit: 'MiB', against: 'the .vsix may have 1 MB', bound: 1e6 / mib });
}

/**
 * What the bundle costs a fresh process to load, in a process that does nothing else, with the editor's API replaced by one
 * that accepts everything. The rest of the activation is constructors; the editor suite runs it for real.
 */
export function benchActivation(): void {
  const times = Array.from({ length: runs }, () =>
    Number(execFileSync(process.execPath, ['-e', script], { cwd: repository }).toString()),
  );
  report({
    name: 'activation',
    value: median(times),
    unit: 'ms',
    against: 'load and activate, a fresh process',
    bound: 100,
  });
}

const script = `
const Module = require('node:module');
const path = require('node:path');
const anything = () => new Proxy(function () {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 'x' : name === 'then' ? undefined : anything()),
  apply: () => anything(),
  construct: () => anything(),
  set: () => true,
});
class EventEmitter { event = () => ({ dispose() {} }); fire() {} dispose() {} }
const section = { get: () => undefined, inspect: () => undefined, update: async () => {} };
const vscode = new Proxy({ EventEmitter, workspace: new Proxy({ getConfiguration: () => section }, { get: (t, n) => t[n] ?? anything() }),
  Uri: { joinPath: (_, ...parts) => ({ fsPath: path.join(require('node:os').tmpdir(), 'libvirt-bench-none', ...parts) }) } },
  { get: (target, name) => target[name] ?? anything() });
const load = Module._load;
Module._load = function (request, ...rest) { return request === 'vscode' ? vscode : load.call(this, request, ...rest); };
const began = performance.now();
const extension = require(path.resolve('dist/extension.js'));
extension.activate({ globalStorageUri: {}, extensionUri: {}, globalState: { get: (_, d) => d, update: async () => {} } }).then(() => {
  process.stdout.write(String(performance.now() - began));
  process.exit(0);
});
`;
