import type { X509Certificate } from 'node:crypto';
import { lookup as look } from 'node:dns';
import { request as overPlain } from 'node:http';
import { request as overTls } from 'node:https';
import type { LookupFunction } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { type Finding, type Findings, reasonOf } from './doctor-finding.ts';
import type { Place } from './doctor-place.ts';

const ANSWER_MS = 3_000;
const MAX_ANSWER = 9 * 1024 * 1024; // the longest list of devices, and some
const DAY_MS = 86_400_000;
const SOON_DAYS = 30;
/** Tokens and cosignatures are judged by time: further apart than this, people are turned away for no reason. */
const APART_S = 30;

/** What a server of the hospital answered. */
export interface Asked {
  readonly body: Bytes;
  /** Unix ms by its clock; undefined when it does not say. */
  readonly date: number | undefined;
  readonly certificate: X509Certificate | undefined;
}

/** Names under .localhost are this machine (RFC 6761 section 6.3); not every resolver knows. */
const lookup: LookupFunction = (name, options, done) => {
  if (!name.endsWith('.localhost')) return look(name, options, done);
  if (options.all === true) return done(null, [{ address: '127.0.0.1', family: 4 }]);
  done(null, '127.0.0.1', 4);
};

/** Fetches a document. Throws Error in words that name what is wrong, an unknown or expired certificate included. */
export function ask(url: string, ca?: Buffer): Promise<Asked> {
  const open = new URL(url).protocol === 'https:' ? overTls : overPlain;
  const settings = { lookup, agent: false, signal: AbortSignal.timeout(ANSWER_MS), ...(ca && { ca }) };
  return new Promise((resolve, reject) => {
    const call = open(url, settings, (response) => {
      const { statusCode: status, headers, socket } = response;
      const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > MAX_ANSWER) response.destroy(new Error('its answer is too long'));
        else parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (status !== 200) return reject(new Error(`it answers ${status}`));
        const date = Date.parse(headers.date ?? '');
        const body = new Uint8Array(Buffer.concat(parts));
        resolve({ body, date: Number.isNaN(date) ? undefined : date, certificate });
      });
    });
    call.on('error', reject).end();
  });
}

/** What to say of a server that does not answer: those of a simulated ward come and go with it. */
export function silent(say: Findings, name: string, url: string, error: unknown, place: Place): Finding {
  if (place.ward !== undefined && place.lock !== 'held')
    return say.ok(name, 'is not running; it comes with the ward');
  const why = reasonOf(error);
  if (/certificate|self.signed|issuer/iu.test(why))
    return say.fault(
      name,
      `its certificate is not accepted: ${why}`,
      `issue it anew for ${new URL(url).hostname}`,
    );
  return say.fault(name, `does not answer: ${why}`, `start it, or mend the way to ${url}`);
}

/** Its clock beside ours, and how long its certificate is good. `now` in unix ms. */
export function manners(say: Findings, name: string, { date, certificate }: Asked, now: number): Finding[] {
  const out: Finding[] = [];
  if (date !== undefined && Math.abs(date - now) > APART_S * 1000) {
    const seconds = Math.round((now - date) / 1000);
    const says = `this host is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the ${name}`;
    out.push(say.fault('clock', says, 'set the clocks: run a time service on both'));
  }
  const days = certificate && Math.floor((certificate.validToDate.getTime() - now) / DAY_MS);
  if (days !== undefined && days < SOON_DAYS)
    out.push(
      say.warning(
        'certificate',
        `that of the ${name} expires in ${days} days`,
        'issue it anew, and restart it',
      ),
    );
  return out;
}
