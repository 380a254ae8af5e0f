import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

const DAY_MS = 86_400_000;
/** Time enough to renew a certificate by hand. */
const SOON_DAYS = 30;
const say = findings('Certificates');

/** Expiry, names, authorities and keys of every certificate the gateway uses. `now` in unix ms. */
export function checkCertificates({ config }: Place, now: number): Finding[] {
  const ca = (name: string): X509Certificate | Finding => load(join(config.trust, 'ca', `${name}.cert.pem`));
  const [service, device] = [ca('service-ca'), ca('device-ca')];
  const out: Finding[] = [];
  for (const [name, authority] of [
    ['service authority', service],
    ['device authority', device],
  ] as const) {
    if (!(authority instanceof X509Certificate)) out.push(authority);
    else out.push(inTime(name, authority, now) ?? authorityMarks(name, authority));
  }
  if (service instanceof X509Certificate && device instanceof X509Certificate) {
    if (service.publicKey.equals(device.publicKey))
      out.push(
        say.fault(
          'authorities',
          'devices and services have one authority',
          'use two: a device could pass for the gateway',
        ),
      );
    out.push(
      leaf(config.keys, 'tls', [config.hostnames.devices, config.hostnames.clinicians], {
        service,
        device,
        now,
      }),
    );
    out.push(leaf(config.keys, 'witness-client', [], { service, device, now }));
  }
  return [...out, ...revocations(config.trust, now)];
}

interface Around {
  readonly service: X509Certificate;
  readonly device: X509Certificate;
  readonly now: number;
}

/** The first thing wrong with a certificate of the gateway's own, or that nothing is. */
function leaf(
  folder: string,
  name: string,
  hosts: readonly string[],
  { service, device, now }: Around,
): Finding {
  const file = join(folder, `${name}.cert.pem`);
  const certificate = load(file);
  if (!(certificate instanceof X509Certificate)) return certificate;
  const late = inTime(name, certificate, now);
  if (late !== undefined && late.state === 'fault') return late;
  const remake = `have the service authority issue ${file} anew`;
  const host = hosts.find((one) => certificate.checkHost(one) === undefined);
  if (host !== undefined) return say.fault(name, `does not name ${host}`, `${remake}, with that name`);
  if (!signedBy(certificate, service)) {
    const who = signedBy(certificate, device)
      ? 'the device authority'
      : 'an authority that is not known here';
    return say.fault(name, `was issued by ${who}`, remake);
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(join(folder, `${name}.key.pem`)))))
      return say.fault(name, 'belongs to another key', `${remake}, for the key beside it`);
  } catch (error) {
    return say.fault(
      name,
      `its key cannot be read: ${reasonOf(error)}`,
      'put the key back, or issue both anew',
    );
  }
  return late ?? say.ok(name, `valid until ${day(certificate)}`);
}

const signedBy = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  certificate.checkIssued(authority) && certificate.verify(authority.publicKey);

const authorityMarks = (name: string, certificate: X509Certificate): Finding =>
  certificate.ca
    ? say.ok(name, `valid until ${day(certificate)}`)
    : say.fault(name, 'is not the certificate of an authority', 'publish the authority’s own certificate');

function inTime(name: string, certificate: X509Certificate, now: number): Finding | undefined {
  const days = Math.floor((certificate.validToDate.getTime() - now) / DAY_MS);
  const mend = 'issue it anew, and restart the gateway';
  if (now < certificate.validFromDate.getTime())
    return say.fault(
      name,
      `is not valid before ${certificate.validFromDate.toISOString()}`,
      'set the clock, or wait',
    );
  if (certificate.validToDate.getTime() < now)
    return say.fault(name, `has expired on ${day(certificate)}`, mend);
  return days < SOON_DAYS ? say.warning(name, `expires in ${days} days`, mend) : undefined;
}

function load(file: string): X509Certificate | Finding {
  try {
    return new X509Certificate(readFileSync(file));
  } catch (error) {
    return say.fault(file, `cannot be read: ${reasonOf(error)}`, 'put the certificate back');
  }
}

const day = ({ validToDate }: X509Certificate): string => validToDate.toISOString().slice(0, 10);

/** DER tag and length of the two kinds of time. */
const UTC_TIME = [0x17, 13] as const;
const GENERALIZED_TIME = [0x18, 15] as const;

/** Revocation lists beside the authorities: too old means that nobody can be sure who was revoked. */
function revocations(trust: string, now: number): Finding[] {
  const folder = join(trust, 'ca');
  const lists = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.crl')) : [];
  if (lists.length === 0) return [say.ok('revocation lists', 'the authorities have published none')];
  return lists.map((name) => {
    const [, next] = timesOf(readFileSync(join(folder, name)));
    if (next === undefined)
      return say.fault(name, 'is no revocation list', 'have the authority publish it anew');
    const until = new Date(next).toISOString().slice(0, 16);
    return next < now
      ? say.fault(
          name,
          `ran out on ${until}`,
          'have the authority publish a new one, and check the way to it',
        )
      : say.ok(name, `good until ${until}`);
  });
}

/** thisUpdate and nextUpdate (unix ms) of an X.509 CRL, DER or PEM: its first two times (RFC 5280, 5.1). */
function timesOf(file: Buffer): number[] {
  const pem = /-----BEGIN X509 CRL-----([^-]+)-----END/u.exec(file.toString('latin1'));
  const der = pem?.[1] === undefined ? file : Buffer.from(pem[1], 'base64');
  const times: number[] = [];
  for (let at = 0; at + 2 < der.length && times.length < 2; at++) {
    const size = der[at] === UTC_TIME[0] ? UTC_TIME[1] : GENERALIZED_TIME[1];
    const known = [UTC_TIME, GENERALIZED_TIME].some(([tag, long]) => der[at] === tag && der[at + 1] === long);
    const text = known ? der.toString('latin1', at + 2, at + 2 + size) : '';
    if (!/^\d{12,14}Z$/u.test(text)) continue;
    const full = text.length === 15 ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`;
    times.push(Date.parse(full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/u, '$1-$2-$3T$4:$5:$6Z')));
  }
  return times;
}
