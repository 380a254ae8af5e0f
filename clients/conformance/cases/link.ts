import { setTimeout as pause } from 'node:timers/promises';
import { MAX_MESSAGE, parseAnswer } from '../../../server/protocol/link/wire.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import { checkUnmoved } from '../bench-checks.ts';
import { CaseFault, demand, same, Warned } from '../faults.ts';
import { ARRIVAL_MS } from '../place.ts';
import type { Face } from '../links/door.ts';
import { isTelemetry } from '../../../server/protocol/telemetry/telemetry.ts';
import type { Case } from './case.ts';

const NEEDS = ['websocket'] as const;
const PONG_MS = 5_000;
/** How long a device gets to fall for a certificate, once it has been seen to try. */
const FALL_MS = 300;

/** The network link: TLS, WebSocket, framing, and whom a device talks to. */
export const linkCases: readonly Case[] = [
  {
    id: 'link.handshake',
    says: 'it dials in with TLS 1.3, its own certificate and the subprotocol countersign.v1',
    section: '6',
    needs: NEEDS,
    async run({ parts }) {
      const { tls, subprotocols, commonName, extensions } = await parts.place.door.arrival(
        '/device',
        ARRIVAL_MS,
      );
      same('the link is TLS 1.3', 'TLS', 'TLSv1.3', tls);
      same(
        'it offers the one subprotocol there is',
        'Sec-WebSocket-Protocol',
        ['countersign.v1'],
        subprotocols,
      );
      same('its certificate names it', 'certificate', parts.declaration.device, commonName);
      if (extensions !== '') throw new Warned(`it offers ${extensions}; no extension is ever taken`);
    },
  },
  {
    id: 'link.ping',
    says: 'it answers pings: silence is loss',
    section: '6',
    needs: NEEDS,
    async run({ parts }) {
      const { socket } = await parts.place.door.arrival('/device', ARRIVAL_MS);
      const pong = new Promise<boolean>((resolve) => {
        socket.once('pong', () => resolve(true));
        setTimeout(() => resolve(false), PONG_MS).unref();
      });
      socket.ping();
      demand(await pong, `a ping is answered within ${PONG_MS / 1000} s`, 'WebSocket');
    },
  },
  {
    id: 'link.order',
    says: 'three messages in one go get three answers, in order',
    section: '6',
    needs: NEEDS,
    async run({ parts }) {
      const { socket } = await parts.place.door.arrival('/device', ARRIVAL_MS);
      const kinds: string[] = [];
      const done = new Promise<void>((resolve) => {
        socket.on('message', (data) => {
          if (Buffer.isBuffer(data) && !isTelemetry(data)) kinds.push(parseAnswer(new Uint8Array(data)).kind);
          if (kinds.length === 3) resolve();
        });
      });
      for (const message of [[1], [5, 0xffff_ffff], [99]]) socket.send(encode(message));
      await Promise.race([done, pause(PONG_MS)]);
      same(
        'answers come in the order of the messages',
        'message',
        ['attestation', 'receipts', 'refused'],
        kinds,
      );
    },
  },
  {
    id: 'link.text',
    says: 'a text frame is answered with nothing it could be taken for',
    section: '6',
    needs: NEEDS,
    async run(bench) {
      const before = await bench.open();
      const got = await (await bench.contact()).raw('open');
      bench.hangUp();
      const kind = got && parseAnswer(got).kind;
      demand(kind === undefined || kind === 'refused', 'text is no message', 'WebSocket', String(kind));
      checkUnmoved(before, await bench.open(), { receipt: false });
    },
  },
  {
    id: 'link.long',
    says: `a message beyond ${MAX_MESSAGE} bytes is not taken`,
    section: '6',
    needs: NEEDS,
    async run(bench) {
      const before = await bench.open();
      const got = await (await bench.contact()).raw(encode([2, new Uint8Array(MAX_MESSAGE)]));
      bench.hangUp();
      const kind = got && parseAnswer(got).kind;
      demand(
        kind === undefined || kind === 'refused',
        'what is too long is no message',
        'message',
        String(kind),
      );
      checkUnmoved(before, await bench.open(), { receipt: false });
    },
  },
  faceCase(
    'link.stranger',
    'stranger',
    'it does not talk to a gateway whose certificate another authority signed',
  ),
  faceCase('link.name', 'other-name', 'it does not talk to a gateway whose certificate carries another name'),
];

/** A device has to see for itself whom it dials: with a certificate that is wrong, no WebSocket comes about. */
function faceCase(id: string, face: Face, says: string): Case {
  return {
    id,
    says,
    section: '6',
    needs: [...NEEDS, 'restart'],
    async run(bench) {
      const { door } = bench.parts.place;
      const { process } = bench.parts;
      await process.cut();
      bench.hangUp();
      door.show(face);
      try {
        const [tries, arrivals] = [door.rejections, door.arrivals];
        process.start();
        await until(() => door.rejections > tries || door.arrivals > arrivals);
        await pause(FALL_MS);
        if (door.arrivals > arrivals)
          throw new CaseFault(says, { expected: 'no connection', got: 'a WebSocket', field: 'certificate' });
      } finally {
        await process.cut();
        door.show('gateway');
        process.start();
        await door.arrival('/device', ARRIVAL_MS);
      }
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + ARRIVAL_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error('the device did not try to connect');
    await pause(20);
  }
}
