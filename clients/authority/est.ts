import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { type DeviceCa, readPeer } from './device-ca.ts';
import type { Enrolled } from './enrolled.ts';
import { derIn, type Enrolments, type Outcome } from './enrolments.ts';

export interface EstParts {
  readonly tls: { readonly key: Buffer; readonly cert: Buffer };
  /** PEM: whose client certificates may ask for a first certificate, and for the next one. */
  readonly identityCa: string;
  readonly ca: DeviceCa;
  readonly enrolments: Enrolments;
  readonly enrolled: Enrolled;
  /** Unix ms. */
  readonly now: () => number;
  readonly surprised: (error: unknown) => void;
}

const MAX_BODY = 16 * 1024;
/** An operator takes about this long; asking more often does not help (s). */
const RETRY_AFTER = '30';
const AT = '/.well-known/est/';

/** What a device is told in plain words; devices log it, and people read it there. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, says: string) {
    super(says);
    this.status = status;
  }
}

/** Enrolment over Secure Transport (RFC 7030): `/cacerts`, `/simpleenroll`, `/simplereenroll`; and the CRL at `/device-ca.crl`. */
export function estServer(parts: EstParts): Server {
  const { tls, identityCa, ca } = parts;
  const server = createServer(
    {
      ...tls,
      ca: [identityCa, ca.certificate],
      requestCert: true,
      rejectUnauthorized: false, // the certificates of the CA are for everybody; the rest asks who it is
      minVersion: 'TLSv1.2', // what devices that are already out there speak (RFC 7030 section 3.3.1 asks for 1.1)
    },
    (request, response) => {
      answer(request, parts).then(
        ({ status, type, body, encoded }) => {
          response.writeHead(status, {
            'content-type': type,
            'cache-control': 'no-store',
            ...(encoded && { 'content-transfer-encoding': 'base64' }),
            ...(status === 202 && { 'retry-after': RETRY_AFTER }),
          });
          response.end(body);
        },
        (error: unknown) => refuse(error, response, parts),
      );
    },
  );
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.maxConnections = 200;
  return server;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly encoded: boolean;
}

const base64 = (bytes: Uint8Array): string =>
  `${Buffer.from(bytes).toString('base64').replaceAll(/.{76}/gu, '$&\n')}\n`;

async function answer(
  request: IncomingMessage,
  { ca, enrolments, enrolled, now }: EstParts,
): Promise<Answer> {
  const { method = '', url = '' } = request;
  const certificates = (...all: readonly string[]): Answer => ({
    status: 200,
    type: 'application/pkcs7-mime; smime-type=certs-only',
    body: base64(ca.bag(...all)),
    encoded: true,
  });
  if (method === 'GET' && url === `${AT}cacerts`) return certificates(ca.certificate);
  if (method === 'GET' && url === '/device-ca.crl')
    return {
      status: 200,
      type: 'application/pkix-crl',
      body: await crl(ca, enrolled, now()),
      encoded: false,
    };
  const enrolling = url === `${AT}simpleenroll`;
  if (method !== 'POST' || !(enrolling || url === `${AT}simplereenroll`))
    throw new Refused(404, 'There is nothing here.');
  const peer = await peerOf(request, ca, enrolled);
  // A certificate of this hospital is no proof of where a device was made, nor the other way round.
  if (peer.ours === enrolling)
    throw new Refused(
      403,
      enrolling ? 'Show the certificate of the maker.' : 'Show the certificate of this hospital.',
    );
  const der = await read(request);
  let outcome: Outcome;
  try {
    outcome = await (enrolling ? enrolments.enrol(der, peer) : enrolments.renew(der, peer));
  } catch (error) {
    throw new Refused(400, error instanceof Error ? `${error.message}.` : 'The request cannot be read.');
  }
  if (outcome.kind === 'issued') return certificates(outcome.certificate);
  if (outcome.kind === 'refused') throw new Refused(403, 'An operator refused this request.');
  const who = outcome.operators === 2 ? 'Two operators have' : 'An operator has';
  return {
    status: 202,
    type: 'text/plain',
    body: `${who} to approve this first: ${outcome.id}\n`,
    encoded: false,
  };
}

/** The list of ended certificates, DER; later lists have higher numbers (RFC 5280 section 5.2.3). */
const crl = (ca: DeviceCa, { allEnded }: Enrolled, now: number): Promise<Uint8Array> =>
  ca.crl(allEnded, Math.floor(now / 1000), now);

/** Who asks: a device with a certificate of its maker, or of this hospital. Throws Refused. */
async function peerOf({ socket }: IncomingMessage, ca: DeviceCa, enrolled: Enrolled) {
  if (!(socket instanceof TLSSocket) || !socket.authorized)
    throw new Refused(401, 'Show a client certificate of the maker, or of this hospital.');
  const { raw, issuerCertificate, serialNumber } = socket.getPeerCertificate(true);
  const ours = pemOf(issuerCertificate.raw) === ca.certificate.replaceAll(/\s/gu, '');
  if (ours && enrolled.ended(serialNumber)) throw new Refused(403, 'This certificate has been ended.');
  const peer = await readPeer(raw).catch((error: unknown) => {
    throw new Refused(403, error instanceof Error ? `${error.message}.` : 'Not the certificate of a device.');
  });
  return { ...peer, ours };
}

const pemOf = (der: Buffer): string =>
  `-----BEGINCERTIFICATE-----${der.toString('base64')}-----ENDCERTIFICATE-----`;

async function read(request: IncomingMessage): Promise<Uint8Array> {
  const { 'content-type': type = '' } = request.headers;
  if (!/^application\/pkcs10(?:;|$)/u.test(type)) throw new Refused(415, 'Expected application/pkcs10.');
  let body = '';
  request.setEncoding('latin1');
  for await (const part of request) {
    body += String(part);
    if (body.length > MAX_BODY) throw new Refused(413, `More than ${MAX_BODY} bytes.`);
  }
  try {
    return derIn(body);
  } catch (error) {
    throw new Refused(400, error instanceof Error ? `${error.message}.` : 'The request cannot be read.');
  }
}

function refuse(error: unknown, response: ServerResponse, { surprised }: EstParts): void {
  if (!(error instanceof Refused)) surprised(error);
  if (response.headersSent) return void response.destroy();
  const status = error instanceof Refused ? error.status : 500;
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${error instanceof Refused ? error.message : 'That did not work; try again.'}\n`);
}
