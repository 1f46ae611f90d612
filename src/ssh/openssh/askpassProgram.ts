/**
 * What ssh runs to ask something: shows the question to this process through its socket and prints the answer; exit code 1
 * for none. It closes without an answer for a question that needs none, when ssh ends it.
 */
export function askpassProgram(socketPath: string, token: string): string {
  return `'use strict';
const socket = require('node:net').connect(${JSON.stringify(socketPath)});
let answer = '';
socket.setEncoding('utf8');
socket.on('data', (text) => (answer += text));
socket.on('error', () => process.exit(1));
socket.on('end', () => {
  if (answer === '') process.exit(1);
  process.stdout.write(JSON.parse(answer) + '\\n', () => process.exit(0));
});
socket.write(JSON.stringify({
  token: ${JSON.stringify(token)},
  prompt: process.argv[2] || '',
  hint: process.env.SSH_ASKPASS_PROMPT || '',
  asker: process.ppid,
}) + '\\n');
`;
}

/** The script that runs the program with the editor's own node. */
export function askpassScript(
  nodePath: string,
  programPath: string,
  platform: NodeJS.Platform,
): { readonly name: string; readonly text: string } {
  if (platform === 'win32') {
    return {
      name: 'askpass.cmd',
      text: `@echo off\r\nset ELECTRON_RUN_AS_NODE=1\r\n"${nodePath}" "${programPath}" %*\r\n`,
    };
  }
  const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;
  return {
    name: 'askpass',
    text: `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${quoted(nodePath)} ${quoted(programPath)} "$@"\n`,
  };
}

/**
 * What makes ssh ask through `script` only. Before 8.4 it does so where it has no terminal, and a display of any name. In the
 * background no command on the way finds a screen to ask on either.
 */
export function askpassEnvironment(
  script: string,
  env: Readonly<Record<string, string | undefined>>,
  isBackground: boolean,
): Readonly<Record<string, string | undefined>> {
  const screen = isBackground ? { DISPLAY: 'none', WAYLAND_DISPLAY: undefined } : {};
  return { DISPLAY: 'none', ...env, ...screen, SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force' };
}
