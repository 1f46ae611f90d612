import { homedir, userInfo } from 'node:os';

/** What the machine of the user decides: a parameter everywhere, so that each platform's rules can be tested on any. */
export interface SshEnvironment {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** Who logs in where the configuration names nobody. */
  readonly userName: string;
}

export function currentEnvironment(): SshEnvironment {
  return { platform: process.platform, env: process.env, homeDir: homedir(), userName: currentUser() };
}

function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid may have no name at all.
    return process.env['USER'] ?? process.env['USERNAME'] ?? '';
  }
}
