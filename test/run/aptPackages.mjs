// The Debian and Ubuntu packages of the lab and of the browser.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { findBrowser, findProgram } from './machine.mjs';
import { PrepareError, step } from './step.mjs';

const labPackages = [
  'libvirt-daemon',
  'libvirt-daemon-system',
  'libvirt-daemon-driver-qemu',
  'libvirt-clients',
  'qemu-system-x86',
  'qemu-utils',
  'openssh-server',
  'openssh-client',
  'openssl',
  'busybox-static',
  'iproute2',
  'iptables',
  'cpio',
  'faketime',
  'fish',
  'tcsh',
  'sudo',
  // A host that speaks another language.
  'locales',
  'libvirt-l10n',
];
const editorPackages = ['fonts-dejavu-core', 'fonts-liberation', 'ripgrep'];

/** Installs what is missing, or says what somebody who may install it has to type. */
export async function installAptPackages() {
  if (findProgram('apt-get') === undefined || findProgram('dpkg-query') === undefined) {
    console.log(`Not Debian or Ubuntu: install by hand what the lab and the browser need (${labPackages.join(' ')}).`);
    return;
  }
  const missing = missingPackages();
  if (missing.length > 0) {
    const install = ['install', '--yes', '--no-install-recommends', ...missing];
    if (process.getuid?.() === 0) await aptInstall(install, missing);
    else console.log(`Some packages are missing. As root: apt-get ${install.join(' ')}`);
  }
  if (findBrowser() === undefined && isUbuntu()) {
    console.log('No browser for the editor tests: Ubuntu has Chromium as a snap only. Try: snap install chromium');
  }
}

/** @returns {string[]} */
function missingPackages() {
  // A browser from anywhere will do; Ubuntu's package of the name is a snap's, which no script should install.
  const browser = findBrowser() !== undefined || isUbuntu() ? [] : ['chromium'];
  const wanted = [...labPackages, ...editorPackages, ...browser];
  const query = spawnSync('dpkg-query', ['-W', '-f=${Package} ${db:Status-Status}\n', ...wanted], { encoding: 'utf8' });
  const installed = new Set(query.stdout.split('\n').filter((line) => line.endsWith(' installed')));
  return wanted.filter((name) => !installed.has(`${name} installed`));
}

function isUbuntu() {
  return existsSync('/etc/os-release') && /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/**
 * @param {string[]} install
 * @param {string[]} missing
 */
async function aptInstall(install, missing) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const lock = ['-o', 'DPkg::Lock::Timeout=300'];
  await withoutStartingDaemons(async () => {
    try {
      await step(`Installing ${missing.join(' ')}`, 'apt-get', [...lock, ...install], { env });
    } catch {
      // A fresh machine has no lists yet, and old lists name files that are gone.
      await step('Updating the lists of packages first', 'apt-get', [...lock, 'update'], { env });
      await step('Installing them', 'apt-get', [...lock, ...install], { env }).catch((/** @type {unknown} */ error) => {
        throw new PrepareError(`apt-get can't install what the tests need. ${String(error)}`);
      });
    }
  });
}

/**
 * The lab starts libvirtd and sshd itself, away from the machine's own: an installation must not start those. Debian asks
 * this file; one that is there already is somebody's decision, and stays.
 * @param {() => Promise<void>} install
 */
async function withoutStartingDaemons(install) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  const restore = () => rmSync(policy, { force: true });
  const interrupted = () => process.exit(1);
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  process.once('exit', restore);
  for (const signal of signals) process.once(signal, interrupted);
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n');
    chmodSync(policy, 0o755);
    await install();
  } finally {
    restore();
    process.off('exit', restore);
    for (const signal of signals) process.off(signal, interrupted);
  }
}
