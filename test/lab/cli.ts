import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type GuestPlan, loads, novaMetadata } from './domainXml.js';
import { type HostName, hostFolder, hostPlans, sshConfig } from './layout.js';
import { Lab } from './lab.js';
import { migrateWords } from './migrate.js';
import { until } from './run.js';

const usage = `npm run lab -- COMMAND

  up                       two hypervisors, hv1 and hv2; they stay up
  status                   hosts, their domains, and what migrates
  guest NAME               start a guest, and wait until its load runs
      --host hv1  --memory 512 (MiB)  --vcpus 1  --title TEXT  --persistent  --disk MIB
      --load ${loads.join('|')}  (default hot)
      --working-set 200 (MiB)  --rate 60 (MiB/s; 0: as fast as it goes)  --seconds 30 (of load stops)
      --alike (few bytes of a page change: xbzrle's case)
      --nova NAME (OpenStack's metadata)  --cloudstack (CloudStack's)
  migrate NAME             virsh migrate --live --p2p, left running
      --from hv1  --to hv2  --bandwidth 20 (MiB/s; 0: no limit)  --postcopy  --copy-storage  --wait
      --auto-converge  --xbzrle
  virsh HOST WORDS...      virsh on a host
  ssh HOST [WORDS...]      a shell on a host, or a command
  down [--force]           take it down, or what a crashed run has left; --force: another process's, too`;

const migrationStartMs = 15_000;

function hostNamed(text: string | undefined): HostName {
  const plan = hostPlans.find(({ name }) => name === text);
  if (plan === undefined)
    throw new Error(`there is no host ${text ?? ''}: ${hostPlans.map(({ name }) => name).join(' or ')}`);
  return plan.name;
}

function numberOf(text: string, what: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`${what} must be a whole number, not "${text}"`);
  return Number(text);
}

async function labThatIsUp(): Promise<Lab> {
  const lab = await Lab.find();
  if (lab === undefined) throw new Error('no lab is up: npm run lab -- up');
  return lab;
}

async function up(): Promise<void> {
  const abandon = (): void => void Lab.down().finally(() => process.exit(130));
  process.once('SIGINT', abandon).once('SIGTERM', abandon);
  await (await Lab.up()).leaveUp();
  console.log(`up; ssh -F ${sshConfig} hv1`);
}

async function guest(words: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      host: { type: 'string', default: 'hv1' },
      memory: { type: 'string' },
      vcpus: { type: 'string' },
      'working-set': { type: 'string' },
      rate: { type: 'string' },
      load: { type: 'string' },
      seconds: { type: 'string' },
      disk: { type: 'string' },
      title: { type: 'string' },
      nova: { type: 'string' },
      alike: { type: 'boolean', default: false },
      cloudstack: { type: 'boolean', default: false },
      persistent: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  if (name === undefined) throw new Error('the guest needs a name');
  const load = loads.find((candidate) => candidate === (values.load ?? 'hot'));
  if (load === undefined) throw new Error(`there is no load "${values.load ?? ''}": ${loads.join(', ')}`);
  const host = hostNamed(values.host);
  const plan: GuestPlan = {
    name,
    load,
    persistent: values.persistent,
    cloudStack: values.cloudstack,
    alike: values.alike,
    ...numberIf('memoryMiB', values.memory, '--memory'),
    ...numberIf('vcpus', values.vcpus, '--vcpus'),
    ...numberIf('workingSetMiB', values['working-set'], '--working-set'),
    ...numberIf('rateMiBps', values.rate, '--rate'),
    ...numberIf('loadSeconds', values.seconds, '--seconds'),
    ...numberIf('diskMiB', values.disk, '--disk'),
    ...(values.title === undefined ? {} : { title: values.title }),
    ...(values.nova === undefined ? {} : { metadata: novaMetadata(values.nova) }),
  };
  const started = await (await labThatIsUp()).startGuest(host, plan);
  console.log(`${name} (${started.uuid}) boots on ${host}`);
  await started.untilHot();
  console.log('its load runs');
}

/** An option that was not given leaves the guest's own default. */
function numberIf<K extends string>(key: K, text: string | undefined, what: string): Partial<Record<K, number>> {
  return text === undefined ? {} : ({ [key]: numberOf(text, what) } as Record<K, number>);
}

async function migrate(words: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      from: { type: 'string', default: 'hv1' },
      to: { type: 'string', default: 'hv2' },
      bandwidth: { type: 'string', default: '20' },
      postcopy: { type: 'boolean', default: false },
      'copy-storage': { type: 'boolean', default: false },
      'auto-converge': { type: 'boolean', default: false },
      xbzrle: { type: 'boolean', default: false },
      wait: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  if (name === undefined) throw new Error('which guest?');
  const lab = await labThatIsUp();
  const [from, to] = [hostNamed(values.from), hostNamed(values.to)];
  const uuid = (await lab.host(from).virsh(['domuuid', '--', name])).trim();
  const options = {
    bandwidthMiBps: numberOf(values.bandwidth, '--bandwidth'),
    postcopy: values.postcopy,
    extra: [
      ...(values['copy-storage'] ? ['--copy-storage-all'] : []),
      ...(values['auto-converge'] ? ['--auto-converge'] : []),
      ...(values.xbzrle ? ['--compressed', '--comp-methods', 'xbzrle'] : []),
    ],
  };
  if (values.wait) {
    const { code, stderr } = await lab.migrate(uuid, from, to, options).done;
    if (code !== 0) throw new Error(stderr.trim());
    console.log('done');
    return;
  }
  await leaveRunning(lab, uuid, from, [...lab.host(from).enter, ...migrateWords(uuid, lab.host(to), options)]);
  console.log(`${name} migrates: npm run lab -- virsh ${from} domjobinfo ${uuid}`);
}

/** Starts a migration that goes on without this process, and waits until libvirt has taken it up. */
async function leaveRunning(lab: Lab, uuid: string, from: HostName, argv: readonly string[]): Promise<void> {
  const [program = '', ...args] = argv;
  const log = openSync(join(hostFolder(from), `migrate-${uuid}.log`), 'a');
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  await until(
    `a migration of ${uuid}`,
    async () => {
      if (child.exitCode !== null)
        throw new Error(`virsh migrate ended at once: see ${hostFolder(from)}/migrate-${uuid}.log`);
      const info = await lab.host(from).exec(['virsh', 'domjobinfo', uuid]);
      return info.code === 0 && !/^Job type: +None/.test(info.stdout) ? true : undefined;
    },
    migrationStartMs,
  );
}

async function status(): Promise<void> {
  const lab = await Lab.find();
  if (lab === undefined) {
    console.log('down');
    return;
  }
  console.log(`up; ssh -F ${sshConfig} hv1`);
  for (const { name, address, domains } of await lab.status()) {
    console.log(`\n${name} ${address}${domains.length === 0 ? ': no domains' : ''}`);
    for (const domain of domains) {
      console.log(`  ${domain.name}  ${domain.uuid}  ${domain.state}`);
      if (domain.job !== undefined) console.log(domain.job.replace(/^/gm, '      '));
    }
  }
}

/** Hands the terminal to a program; its exit code is ours. */
function handOver(argv: readonly string[]): Promise<void> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => {
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

async function main([command, ...words]: string[]): Promise<void> {
  switch (command) {
    case 'up':
      await up();
      return;
    case 'status':
      await status();
      return;
    case 'guest':
      await guest(words);
      return;
    case 'migrate':
      await migrate(words);
      return;
    case 'virsh': {
      const [host, ...rest] = words;
      const name = hostNamed(host);
      await handOver([...(await labThatIsUp()).host(name).enter, 'virsh', ...rest]);
      return;
    }
    case 'ssh': {
      const [host, ...rest] = words;
      const name = hostNamed(host);
      await labThatIsUp();
      await handOver(['ssh', '-F', sshConfig, name, ...rest]);
      return;
    }
    case 'down':
      await Lab.down(parseArgs({ args: words, options: { force: { type: 'boolean', default: false } } }).values.force);
      console.log('down');
      return;
    case undefined:
    case '--help':
    case 'help':
      console.log(usage);
      return;
    default:
      throw new Error(`there is no command "${command}": npm run lab -- --help`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
