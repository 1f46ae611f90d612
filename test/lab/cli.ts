import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Load } from './guest.js';
import { type HostName, hostPlans, sshConfig } from './layout.js';
import { Lab } from './lab.js';

const usage = `npm run lab -- COMMAND

  up                       two hypervisors, hv1 and hv2; they stay up
  status                   hosts, their domains, and what migrates
  guest NAME               start a guest
      --host hv1  --memory 512  --working-set 200  --rate 60 (MiB/s, 0: as fast as it goes)
      --load hot|idle|bursty|stops  --seconds N (for stops)  --title TEXT  --persistent
  migrate NAME             virsh migrate --live --p2p, until it ends
      --from hv1  --to hv2  --bandwidth 20 (MiB/s, 0: no limit)  --postcopy
  virsh HOST WORDS...      virsh on a host
  ssh HOST [WORDS...]      a shell on a host, or a command
  down                     take it down, or what a crashed run has left`;

function hostNamed(text: string | undefined): HostName {
  const plan = hostPlans.find(({ name }) => name === text);
  if (plan === undefined) throw new Error(`there is no host ${text ?? ''}: hv1 or hv2`);
  return plan.name;
}

function numberOf(text: string, what: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${what} must be a whole number, not "${text}"`);
  return value;
}

async function labThatIsUp(): Promise<Lab> {
  const lab = await Lab.find();
  if (lab === undefined) throw new Error('no lab is up: npm run lab -- up');
  return lab;
}

async function guest(words: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      host: { type: 'string', default: 'hv1' },
      memory: { type: 'string', default: '512' },
      'working-set': { type: 'string', default: '200' },
      rate: { type: 'string', default: '60' },
      load: { type: 'string', default: 'hot' },
      seconds: { type: 'string', default: '30' },
      title: { type: 'string' },
      persistent: { type: 'boolean', default: false },
    },
  });
  const [name] = positionals;
  if (name === undefined) throw new Error('the guest needs a name');
  const loads: readonly Load[] = ['idle', 'hot', 'bursty', 'stops'];
  const load = loads.find((candidate) => candidate === values.load);
  if (load === undefined) throw new Error(`there is no load "${values.load}": ${loads.join(', ')}`);
  const host = hostNamed(values.host);
  const started = await (
    await labThatIsUp()
  ).startGuest(host, {
    name,
    memoryMiB: numberOf(values.memory, '--memory'),
    workingSetMiB: numberOf(values['working-set'], '--working-set'),
    rateMiBps: numberOf(values.rate, '--rate'),
    loadSeconds: numberOf(values.seconds, '--seconds'),
    load,
    persistent: values.persistent,
    ...(values.title === undefined ? {} : { title: values.title }),
  });
  console.log(`${name} (${started.uuid}) boots on ${host}`);
  await started.untilHot(host);
  console.log('its load runs');
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
    },
  });
  const [name] = positionals;
  if (name === undefined) throw new Error('which guest?');
  const lab = await labThatIsUp();
  const running = lab.migrate(name, hostNamed(values.from), hostNamed(values.to), {
    bandwidthMiBps: numberOf(values.bandwidth, '--bandwidth'),
    postcopy: values.postcopy,
  });
  console.log(`${name} migrates; this ends when it does`);
  const { code, stderr } = await running.done;
  if (code !== 0) throw new Error(stderr.trim());
  console.log('done');
}

async function status(): Promise<void> {
  const lab = await Lab.find();
  if (lab === undefined) return console.log('down');
  console.log(`up; ssh -F ${sshConfig} hv1`);
  for (const { name, address } of hostPlans) {
    console.log(`\n${name} ${address}`);
    console.log((await lab.host(name).virsh(['list', '--all'])).trimEnd());
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
    case 'up': {
      const abandon = (): void => void Lab.down().finally(() => process.exit(130));
      process.once('SIGINT', abandon).once('SIGTERM', abandon);
      await (await Lab.up()).leaveUp();
      console.log(`up; ssh -F ${sshConfig} hv1`);
      return;
    }
    case 'status':
      return status();
    case 'guest':
      return guest(words);
    case 'migrate':
      return migrate(words);
    case 'virsh': {
      const [host, ...rest] = words;
      return handOver([...(await labThatIsUp()).host(hostNamed(host)).enter, 'virsh', ...rest]);
    }
    case 'ssh': {
      const [host, ...rest] = words;
      await labThatIsUp();
      return handOver(['ssh', '-F', sshConfig, hostNamed(host), ...rest]);
    }
    case 'down':
      await Lab.down();
      console.log('down');
      return;
    case undefined:
    case '--help':
    case 'help':
      console.log(usage);
      return;
    default:
      throw new Error(`there is no command "${command}"\n\n${usage}`);
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
