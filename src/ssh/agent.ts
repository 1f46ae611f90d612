import type { SshEnvironment } from './environment.js';

/** Where Windows' own ssh-agent service listens. */
const windowsAgentPipe = '\\\\.\\pipe\\openssh-ssh-agent';

/**
 * The agent to use: a socket, a named pipe, or the word `pageant`; undefined for none. `identityAgent` is what the
 * configuration says, with its tokens filled in.
 *
 * macOS' agent comes by SSH_AUTH_SOCK like any other. Pageant is used only where it is named: a program that answers its old
 * window messages is nothing to be found by chance.
 */
export function chooseAgent(identityAgent: string | undefined, environment: SshEnvironment): string | undefined {
  const { platform, env } = environment;
  if (identityAgent === 'none') return undefined;
  if (identityAgent === undefined) {
    return nonEmpty(env['SSH_AUTH_SOCK']) ?? (platform === 'win32' ? windowsAgentPipe : undefined);
  }
  if (identityAgent === 'SSH_AUTH_SOCK') return nonEmpty(env['SSH_AUTH_SOCK']);
  if (identityAgent === 'pageant') return platform === 'win32' ? 'pageant' : undefined;
  const variable = /^\$(?:(\w+)|\{(\w+)\})$/.exec(identityAgent);
  if (variable !== null) return nonEmpty(env[variable[1] ?? variable[2] ?? '']);
  return identityAgent;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
