import { writeFileSync } from 'node:fs';
import { Disposables } from '../../base/disposable.js';
import { messageOf } from '../../base/errors.js';
import { Deadline } from '../deadline.js';
import type { SshEnvironment } from '../environment.js';
import type { Hop } from '../hops.js';
import { namesOf } from '../hostKeyVerifier.js';
import { isAbout } from '../knownHosts.js';
import type { KnownHostsFiles } from '../knownHostsFile.js';
import type { ResolvedHost } from '../resolvedHost.js';
import { type ConnectRequest, SshError } from '../types.js';
import { Answers } from './answers.js';
import { Askpass } from './askpass.js';
import { askpassEnvironment } from './askpassProgram.js';
import { opensshConfig } from './config.js';
import { PrivateFolder } from './folder.js';
import { loggedIn } from './login.js';
import { SshProcess } from './process.js';
import { hostsPassed, isRefusedAtTheEnd, revokedKey, withCertificateFault, withPlace } from './sshErrors.js';

/** What every ssh that is started here needs. */
export interface OpensshTools {
  readonly environment: SshEnvironment;
  readonly knownHosts: KnownHostsFiles;
  readonly sshCommand: string;
  /** Read instead of the user's and the system's configuration. */
  readonly configFile: string | undefined;
  /** The extension's own known_hosts, where accepted keys go instead of the user's. */
  readonly acceptedKeysFile: string | undefined;
  /** A program that runs JavaScript: the editor's own. */
  readonly nodePath: string;
  readonly onNotice: (text: string) => void;
}

/** How one ssh is started, and how it is told that it has logged in. */
export interface AttemptShape {
  /** Whether its input and output are a command's. */
  readonly piped: boolean;
  arguments(files: AttemptFiles): readonly string[];
  /** Calls `loggedIn` once ssh has; it may be called more than once. */
  watch(files: AttemptFiles, loggedIn: () => void): { dispose(): void };
  /** What ssh says elsewhere than on its standard error. */
  words?(files: AttemptFiles): string;
}

export interface AttemptFiles {
  readonly folder: PrivateFolder;
  /** The configuration ssh reads. */
  readonly config: string;
}

/** An ssh that has logged in. Its folder is to be disposed after it. */
export interface LoggedInSsh {
  readonly ssh: SshProcess;
  readonly folder: PrivateFolder;
}

/**
 * Starts an ssh in a folder of its own and answers what it asks until it has logged in. Rejects with an `SshError`, and then
 * nothing of it is left.
 */
export async function attemptLogin(
  request: ConnectRequest,
  tools: OpensshTools,
  shape: AttemptShape,
  timeoutMs: number,
): Promise<LoggedInSsh> {
  const { destination, host, jumpHosts, credentials, prompts, signal } = request;
  const { environment, configFile, acceptedKeysFile, nodePath, onNotice } = tools;
  const { platform } = environment;
  const hops: readonly Hop[] = [...jumpHosts, { destination, host }];
  const onFailure = new Disposables();
  const whileAsking = new Disposables();
  let files: AttemptFiles | undefined;
  let ssh: SshProcess | undefined;
  let answers: Answers | undefined;
  const words = (): string => `${files === undefined ? '' : (shape.words?.(files) ?? '')}${ssh?.words ?? ''}`;
  try {
    const folder = onFailure.add(new PrivateFolder(platform));
    const madeFiles = (files = { folder, config: folder.file('config') });
    const config = opensshConfig({ hops, environment, configFile, acceptedKeysFile, canAsk: credentials.canAsk });
    writeFileSync(files.config, config, { mode: 0o600 });

    const deadline = whileAsking.add(new Deadline(timeoutMs));
    const givenUp = new AbortController();
    answers = new Answers({
      hops,
      credentials,
      prompts,
      deadline,
      // On Windows a shell stands between the two.
      isLast: (asker) => (platform === 'win32' ? undefined : asker === ssh?.pid),
      knownTypes: (hop) => knownTypes(hop.host, tools),
      giveUp: (error) => givenUp.abort(error),
      onNotice,
    });
    const askpass = whileAsking.add(await Askpass.listen(folder, platform, nodePath, answers.answer));
    const started = onFailure.add(
      new SshProcess({
        sshCommand: tools.sshCommand,
        arguments: shape.arguments(files),
        env: { ...askpassEnvironment(askpass.script, environment.env, prompts === undefined), LC_ALL: 'C' },
        // Windows looks for programs in the current folder first.
        cwd: environment.homeDir,
        platform,
        piped: shape.piped,
      }),
    );
    ssh = started;
    const onTheWay = jumpHosts.map((hop) => hop.host);
    const limits = { host, jumpHosts: onTheWay, deadline, timeoutMs, signal, givenUp: givenUp.signal };
    await loggedIn(started, words, limits, (done) => shape.watch(madeFiles, done));
    return { ssh: started, folder };
  } catch (error) {
    // Its log goes with its folder.
    const said = words();
    onFailure.dispose();
    if (isRefusedAtTheEnd(said)) await answers?.reachedLast();
    else await answers?.passed(hostsPassed(said));
    throw error instanceof SshError
      ? await checked(withCertificateFault(error, said), said, hops, tools)
      : new SshError('unreachable', `ssh could not be started for ${host.destination}: ${messageOf(error)}.`);
  } finally {
    whileAsking.dispose();
  }
}

/** ssh's words say where a changed key disagrees, but a server can have put them there: the files themselves are asked. */
async function checked(error: SshError, words: string, hops: readonly Hop[], tools: OpensshTools): Promise<SshError> {
  const { hostKey, kind } = error;
  const revoked = kind === 'hostKeyRevoked' ? revokedKey(words) : undefined;
  if (hostKey === undefined && revoked === undefined) return error;
  const entries = (await Promise.all(hops.map(({ host }) => entriesFor(host, tools)))).flat();
  if (revoked !== undefined) {
    const bareName = /^\[(.*)\]:\d+$/.exec(revoked.name)?.[1] ?? revoked.name;
    const place = entries.find(
      (entry) =>
        entry.marker === 'revoked' &&
        entry.keyType.toLowerCase().includes(revoked.type.toLowerCase()) &&
        (isAbout(entry, revoked.name) || isAbout(entry, bareName)),
    );
    return place === undefined ? error : withPlace(error, place);
  }
  const holds = entries.some(
    (entry) => entry.file === hostKey?.file && entry.line === hostKey.line && isAbout(entry, hostKey.name),
  );
  return holds ? error : new SshError(kind, error.message, error.advice);
}

async function knownTypes(host: ResolvedHost, tools: OpensshTools): Promise<readonly string[]> {
  const { name } = namesOf(host);
  const entries = await entriesFor(host, tools);
  const about = entries.filter((entry) => entry.marker === 'key' && isAbout(entry, name));
  return [...new Set(about.map((entry) => entry.keyType))];
}

function entriesFor(
  host: ResolvedHost,
  { knownHosts, acceptedKeysFile }: OpensshTools,
): ReturnType<KnownHostsFiles['read']> {
  const own = acceptedKeysFile === undefined ? [] : [acceptedKeysFile];
  return knownHosts.read([...own, ...host.userKnownHostsFiles, ...host.globalKnownHostsFiles]);
}
