import type { LabHost } from './host.js';

/** Prints, over and over until the file is there, the number and the words of every virsh that migrates now, in one line. */
const lookOnHost = `
while [ ! -e "$1" ]; do
  line=
  for each in /proc/[0-9]*; do
    read -r name 2>/dev/null <"$each/comm" && [ "$name" = virsh ] || continue
    mapfile -d '' words 2>/dev/null <"$each/cmdline"
    case " \${words[*]} " in *" migrate "*) line="$line|\${each#/proc/} \${words[*]}" ;; esac
  done
  [ -n "$line" ] && echo "$line"
  sleep 0.05
done
`;

/** What a host's own process list had of migrations while somebody looked. */
export interface SeenMigrations {
  /** The most of these domains that migrated at one time. */
  most(uuids: readonly string[]): number;
  /** How many virsh migrated each of these domains, in all. */
  started(uuids: readonly string[]): readonly number[];
}

/** Watches a host's process list for migrations that are started there, from now on until `stop`. */
export async function watchMigrations(host: LabHost): Promise<{ stop(): Promise<SeenMigrations> }> {
  const end = await host.writeFile('no more counting', '');
  await host.exec(['rm', end]);
  const looking = await host.start(['bash', '-c', lookOnHost, 'bash', end]);
  return {
    async stop() {
      await host.writeFile('no more counting', '');
      const { stdout } = await looking.done;
      const looks = stdout.split('\n').map((line) => line.split('|').map((each) => each.split(' ')));
      const has = (words: readonly string[], uuids: readonly string[]): boolean =>
        uuids.some((uuid) => words.includes(uuid));
      return {
        most: (uuids) => Math.max(...looks.map((look) => look.filter((words) => has(words, uuids)).length)),
        started: (uuids) =>
          uuids.map(
            (uuid) => new Set(looks.flat().flatMap((words) => (has(words, [uuid]) ? words.slice(0, 1) : []))).size,
          ),
      };
    },
  };
}
