import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { certificatesFolder, hostPlans, type HostPlan, stateFolder } from './layout.js';
import { must } from './run.js';

/** A lab lives for minutes; a clock that is ahead in one of its hosts is so by less. */
const days = '30';
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const authorityKey = join(stateFolder, 'ca-key.pem');
const authority = join(stateFolder, 'ca-cert.pem');

/** What two QEMUs need to migrate by TLS: an authority of the lab's own, and a certificate of each host by which both ends know it. */
export async function makeCertificates(): Promise<void> {
  const config = join(stateFolder, 'openssl.cnf');
  await writeFile(
    config,
    [
      '[req]',
      'distinguished_name = name',
      'x509_extensions = authority',
      '[name]',
      '[authority]',
      'basicConstraints = critical,CA:TRUE',
      'keyUsage = critical,keyCertSign',
      '',
    ].join('\n'),
  );
  const ask = ['openssl', 'req', '-config', config, ...newKey];
  await must([...ask, '-x509', '-days', days, '-subj', '/CN=The lab', '-keyout', authorityKey, '-out', authority]);
  // One after the other: they share the authority's serial number.
  for (const plan of hostPlans) await makeHostCertificate(plan, ask);
}

async function makeHostCertificate({ name, address }: HostPlan, ask: readonly string[]): Promise<void> {
  const folder = certificatesFolder(name);
  await mkdir(folder, { recursive: true });
  const file = (end: string): string => join(folder, end);
  const [request, extensions] = [file('request.pem'), file('extensions.cnf')];
  const [key, certificate] = [file('server-key.pem'), file('server-cert.pem')];
  await writeFile(
    extensions,
    [
      `subjectAltName = DNS:${name},IP:${address}`,
      'keyUsage = critical,digitalSignature,keyEncipherment',
      'extendedKeyUsage = serverAuth,clientAuth',
      '',
    ].join('\n'),
  );
  await must([...ask, '-subj', `/CN=${name}`, '-keyout', key, '-out', request]);
  const by = ['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial'];
  await must([
    ...['openssl', 'x509', '-req', '-in', request, ...by],
    ...['-days', days, '-extfile', extensions, '-out', certificate],
  ]);
  await copyFile(authority, file('ca-cert.pem'));
  // The end that sends is TLS's client.
  await copyFile(key, file('client-key.pem'));
  await copyFile(certificate, file('client-cert.pem'));
}
