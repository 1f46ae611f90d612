import { type HostName, hostPlans, ownAddress, ownLink, prefixBits, switchNamespace } from './layout.js';
import { must, run } from './run.js';

const bridge = 'br0';

/** A namespace a host, one for the switch between them, and a link from this machine to the switch. */
export async function makeNetwork(): Promise<void> {
  await must(['ip', 'netns', 'add', switchNamespace]);
  const inSwitch = ['ip', '-n', switchNamespace];
  await must([...inSwitch, 'link', 'add', bridge, 'type', 'bridge']);
  await must([...inSwitch, 'link', 'set', bridge, 'up']);
  await must(['ip', 'link', 'add', ownLink, 'type', 'veth', 'peer', 'name', 'to-root', 'netns', switchNamespace]);
  await must([...inSwitch, 'link', 'set', 'to-root', 'master', bridge, 'up']);
  await must(['ip', 'addr', 'add', `${ownAddress}/${prefixBits}`, 'dev', ownLink]);
  await must(['ip', 'link', 'set', ownLink, 'up']);
  for (const { namespace, port, address } of hostPlans) {
    await must(['ip', 'netns', 'add', namespace]);
    const peer = ['peer', 'name', 'eth0', 'netns', namespace];
    await must([...inSwitch, 'link', 'add', port, 'type', 'veth', ...peer]);
    await must([...inSwitch, 'link', 'set', port, 'master', bridge, 'up']);
    await must(['ip', '-n', namespace, 'addr', 'add', `${address}/${prefixBits}`, 'dev', 'eth0']);
    await must(['ip', '-n', namespace, 'link', 'set', 'eth0', 'up']);
  }
}

/** Takes this machine off the lab's network, or puts it back: packets are lost, and nobody is told. */
export async function setOwnLink(state: 'up' | 'down'): Promise<void> {
  // At the switch's end: with its own end down, the kernel would send them elsewhere.
  await must(['ip', '-n', switchNamespace, 'link', 'set', 'to-root', state]);
}

/** What a host sends goes at this at most, all of it together; undefined: as fast as it goes. */
export async function limitLink(host: HostName, mibPerSecond: number | undefined): Promise<void> {
  const plan = hostPlans.find(({ name }) => name === host);
  if (plan === undefined) throw new Error(`the lab has no host ${host}`);
  const queue = ['netns', 'exec', plan.namespace, 'tc', 'qdisc'];
  await run(['ip', ...queue, 'del', 'dev', 'eth0', 'root']);
  if (mibPerSecond === undefined) return;
  const bits = String(Math.round(mibPerSecond * 8 * 2 ** 20));
  const shape = ['tbf', 'rate', bits, 'burst', '256k', 'latency', '50ms'];
  await must(['ip', ...queue, 'add', 'dev', 'eth0', 'root', ...shape]);
}

/** Nothing of it stays; what is not there is no error. The hosts must have ended. */
export async function removeNetwork(): Promise<void> {
  await run(['ip', 'link', 'del', ownLink]);
  for (const namespace of [...hostPlans.map((plan) => plan.namespace), switchNamespace])
    await run(['ip', 'netns', 'del', namespace]);
}

/** A process in one of the lab's namespaces, if there is any. */
export async function processInNetwork(): Promise<number | undefined> {
  for (const { namespace } of hostPlans) {
    const { stdout } = await run(['ip', 'netns', 'pids', namespace]);
    const first = stdout.split('\n')[0];
    if (first !== undefined && first !== '') return Number(first);
  }
  return undefined;
}
