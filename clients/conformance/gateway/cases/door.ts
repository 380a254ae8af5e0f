import { setTimeout as pause } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from '../../../../server/protocol/encoding/cbor.ts';
import { MAX_MESSAGE } from '../../../../server/protocol/link/wire.ts';
import { CaseFault, demand, same, Warned } from '../../faults.ts';
import { askPlainly, GatewayLink, handshake, type Knock } from '../../links/gateway-door.ts';
import { type GatewayBench, HANG_UP_MS, OPEN, STATION_DOOR } from '../bench.ts';
import type { GatewayCase, GatewayNeed } from '../case.ts';

const SECTION = '6';
const PONG_MS = 3_000;
/** Both ends send pings; a lost link should be noticed within half a minute. */
const BEAT_MS = 30_000;

/** Somebody who must not get a WebSocket. */
function kept(
  id: string,
  says: string,
  as: (bench: GatewayBench) => Partial<Knock>,
  { field = 'certificate', needs }: { readonly field?: string; readonly needs?: readonly GatewayNeed[] } = {},
): GatewayCase {
  return {
    id,
    says,
    section: SECTION,
    ...(needs && { needs }),
    async run(bench) {
      const link = await bench.knock(as(bench));
      if (!(link instanceof GatewayLink)) return;
      // TLS 1.3 tells a client of its rejected certificate after the client believes to be in.
      const asked = await link.next(HANG_UP_MS);
      const gone = link.gone;
      link.close();
      if (asked || gone === undefined)
        throw new CaseFault(says, { expected: 'no connection', got: 'a WebSocket', field });
    },
  };
}

const stranger = ({ parts }: GatewayBench): Partial<Knock> => {
  const pem = (name: string): string => readFileSync(join(parts.hospital.folder, 'device', name), 'utf8');
  return { tls: { key: pem('tls.key.pem'), cert: pem('tls.cert.pem') } };
};

/** Who is let in, and how. */
export const doorCases: readonly GatewayCase[] = [
  {
    id: 'door.open',
    says: 'a device with its certificate gets a WebSocket of the one subprotocol, without extensions',
    section: SECTION,
    async run(bench) {
      const link = await bench.knock({ compression: true });
      if (!(link instanceof GatewayLink))
        throw new CaseFault('an enrolled device is let in', { expected: 'a WebSocket', got: link });
      const { subprotocol, extensions } = link;
      link.close();
      same('it takes the subprotocol', 'Sec-WebSocket-Protocol', 'countersign.v1', subprotocol);
      same('no compression: it tells about what it hides', 'Sec-WebSocket-Extensions', '', extensions);
    },
  },
  {
    id: 'door.tls',
    says: 'it speaks TLS 1.3, and nothing older',
    section: SECTION,
    async run({ parts }) {
      const { door, device } = parts.declared;
      same('TLS 1.3 is spoken', 'TLS', 'TLSv1.3', await handshake(door, 'TLSv1.3', device.tls));
      same('TLS 1.2 is not', 'TLS', undefined, await handshake(door, 'TLSv1.2', device.tls));
    },
  },
  kept('door.nobody', 'without a certificate nobody is let in', () => ({ tls: { key: '', cert: '' } })),
  kept('door.stranger', 'a certificate of another authority is not let in', stranger),
  kept(
    'door.unenrolled',
    'a certificate of the right authority that nobody enrolled is not let in',
    ({ parts }) => ({ ...(parts.declared.unenrolled && { tls: parts.declared.unenrolled }) }),
    { needs: ['unenrolled'] },
  ),
  kept(
    'door.subprotocol',
    'another version of the protocol is not spoken',
    () => ({ subprotocols: ['countersign.v2'] }),
    { field: 'Sec-WebSocket-Protocol' },
  ),
  kept('door.no-subprotocol', 'without a subprotocol nothing is spoken', () => ({ subprotocols: [] }), {
    field: 'Sec-WebSocket-Protocol',
  }),
  kept('door.reader', 'a device is no reader station', () => STATION_DOOR, { field: 'path' }),
  kept('door.path', 'there is no other door', () => ({ path: '/devices' }), { field: 'path' }),
  {
    id: 'door.http',
    says: 'a device’s door serves no pages',
    section: SECTION,
    async run({ parts }) {
      const { door, device } = parts.declared;
      const status = await askPlainly(door, '/device', device.tls);
      demand(
        typeof status === 'string' || status >= 400,
        'a plain request is turned down',
        'HTTP',
        String(status),
      );
    },
  },
  {
    id: 'door.ping',
    says: 'it answers pings: silence is loss',
    section: SECTION,
    async run(bench) {
      const link = await bench.inContact();
      demand(await link.pinged(PONG_MS), `a ping is answered within ${PONG_MS / 1000} s`, 'WebSocket');
    },
  },
  {
    id: 'door.again',
    says: 'a device that dials again takes the place of its own lost link',
    section: SECTION,
    async run(bench) {
      const before = await bench.inContact();
      const after = await bench.knock();
      if (!(after instanceof GatewayLink))
        throw new CaseFault('a device that lost its link is let in again', {
          expected: 'a WebSocket',
          got: after,
        });
      const asked = await bench.opening(after);
      same('it is opened anew', 'message', OPEN, asked);
      after.send(await bench.device.answer({ kind: 'open' }));
      const left = await before.hungUp(HANG_UP_MS);
      after.close();
      demand(left, 'one device has one link', 'WebSocket');
    },
  },
  {
    id: 'door.text',
    says: 'text is no message: the link ends',
    section: SECTION,
    async run(bench) {
      const link = await bench.inContact();
      link.send('open');
      demand(await link.hungUp(HANG_UP_MS), 'a text frame ends the link', 'WebSocket');
    },
  },
  {
    id: 'door.long',
    says: `a message beyond ${MAX_MESSAGE} bytes ends the link`,
    section: SECTION,
    async run(bench) {
      const link = await bench.inContact();
      const long = encode([101, new Uint8Array(MAX_MESSAGE)]);
      link.send(long);
      bench.note(long.slice(0, 64), undefined);
      demand(await link.hungUp(HANG_UP_MS), 'what is too long is no message', 'message');
    },
  },
  {
    id: 'open.first',
    says: 'it opens a device that came into contact, in the one spelling there is',
    section: SECTION,
    async run(bench) {
      const asked = await bench.opening(await bench.fresh());
      bench.note(asked, undefined);
      same('the first request is to open', 'message', OPEN, asked);
    },
  },
];

/** Last, because it waits: does the gateway notice a lost link by itself? */
export const beatCase: GatewayCase = {
  id: 'door.beat',
  says: 'it sends pings by itself',
  section: SECTION,
  async run(bench) {
    const link = await bench.inContact();
    const end = Date.now() + BEAT_MS;
    while (link.pings === 0 && Date.now() < end && link.gone === undefined) await pause(100);
    if (link.pings === 0) throw new Warned(`no ping came within ${BEAT_MS / 1000} s`);
    demand(link.gone === undefined, 'a quiet device stays in contact', 'WebSocket');
  },
};
