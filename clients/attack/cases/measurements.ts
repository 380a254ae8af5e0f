import { connect } from 'node:net';
import { type Bytes, hex } from '../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../server/protocol/encoding/cbor.ts';
import {
  encodeHead,
  encodeLost,
  encodeTelemetry,
  issueHead,
  isTelemetry,
  parseToDevice,
} from '../../../server/protocol/telemetry/telemetry.ts';
import { connectLink, type Link } from '../../common/link/link.ts';
import { type Attempts, type Case, refused, succeeded, type Try } from '../case.ts';
import { type Lab, TARGET } from '../lab.ts';

const FALLEN = 'pump-2';
const WAIT_MS = 5_000;
const SESSION = new Uint8Array(8).fill(7);
const ZERO = new Uint8Array(32);

/** A link to the gateway in a device's place, or why there is none. */
async function dialAs(at: Lab, name: string): Promise<{ link: Link; heard: Bytes[] } | string> {
  const mask = await at.hands.deviceMask(name, hex(at.honest.device(name).id));
  const ca = new TextDecoder().decode(at.hands.file('keys/public/ca/service-ca.cert.pem'));
  const heard: Bytes[] = [];
  return new Promise((resolve) => {
    const link = connectLink({
      url: `wss://127.0.0.1:${at.ward.port('gateway-devices')}/device`,
      hostname: 'gate.localhost',
      tls: { ...mask, ca },
      subprotocol: 'countersign.v1',
      maxPayload: 65_536,
      heartbeatMs: 10_000,
      onOpen: (open) => resolve({ link: open, heard }),
      onMessage: (message) => void heard.push(message),
      onFailed(reason) {
        link.close();
        resolve(reason);
      },
    });
  });
}

/** Sends one message and judges by what the gateway says of it: only what is acknowledged was taken. */
async function report(at: { link: Link; heard: Bytes[] }, what: string, message: Bytes): Promise<Try> {
  at.heard.length = 0;
  at.link.send(message);
  const end = Date.now() + WAIT_MS;
  while (Date.now() < end) {
    const answer = at.heard.find(isTelemetry);
    if (answer) {
      const said = parseToDevice(answer);
      return said.kind === 'refused'
        ? refused(what, 'gateway', said.code)
        : succeeded(what, 'gateway', 'acknowledged');
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return refused(what, 'gateway', 'nothing is acknowledged');
}

/** Measurements that nobody took, or that somebody else took. */
export const MEASUREMENTS: readonly Case[] = [
  {
    id: 'BED-11',
    scene: 'gateway',
    given: ['A1'],
    aim: 'put measurements of one’s own on the line of a device',
    codes: ['E_TLS_PEER', 'no session'],
    async *play(at) {
      const dialled = await dialAs(at, TARGET);
      if (typeof dialled === 'string')
        yield refused('dials in as the pump, with a certificate of its own', 'gateway', 'E_TLS_PEER');
      else {
        dialled.link.close();
        yield succeeded('dials in as the pump', 'gateway', 'let in');
      }
      yield* replayed(at);
    },
  },
  {
    id: 'GW-08',
    scene: 'gateway',
    given: ['A9'],
    aim: 'report for another patient with the keys of one device',
    codes: [
      'E_TELEMETRY',
      'E_CMD_MALFORMED',
      'E_CMD_SCHEMA',
      'E_CLOCK',
      'E_DEVICE_IDENTITY',
      'E_TLS_PEER',
      'nothing is acknowledged',
    ],
    async *play(at) {
      await at.ward.running.stopOne(FALLEN);
      try {
        const dialled = await dialAs(at, FALLEN);
        if (typeof dialled === 'string')
          yield refused('dials in as the fallen pump', 'gateway', 'E_TLS_PEER');
        else {
          yield* lies(at, dialled);
          dialled.link.close();
        }
      } finally {
        await at.ward.running.startOne(FALLEN);
      }
    },
  },
];

/** Frames that do not follow, or speak for somebody else. */
async function* lies(at: Lab, dialled: { link: Link; heard: Bytes[] }): Attempts {
  const now = Date.now();
  const frame = (members: object) =>
    encodeTelemetry({
      session: SESSION,
      number: 1,
      previous: ZERO,
      at: now,
      up: 1,
      contents: [],
      ...members,
    });
  yield report(dialled, 'a session that begins in the middle', frame({ number: 5 }));
  yield report(dialled, 'a frame of tomorrow', frame({ at: now + 86_400_000 }));
  yield report(dialled, 'a frame of last month', frame({ at: now - 30 * 86_400_000 }));
  yield report(dialled, 'another chain', frame({ number: 2, previous: new Uint8Array(32).fill(1) }));
  yield report(dialled, 'frames said to be lost that never were', encodeLost(SESSION, 1, 1_000_000));
  yield report(dialled, 'a frame that is none', encode([201, SESSION, 1]));
  const device = at.honest.device(TARGET).id;
  const signer = at.hands.signer(`keys/devices/${FALLEN}/identity.key.pem`);
  const head = await issueHead({ device, session: SESSION, number: 1, hash: ZERO, at: now }, signer);
  yield report(dialled, 'a signed head in the name of the other pump', encodeHead(head));
}

/** What was captured on the wire of the pump, sent to the gateway once more. */
async function* replayed(at: Lab): Attempts {
  const bytes = Buffer.concat(at.ward.network.captured).subarray(0, 65_536);
  const answer = await new Promise<number>((resolve) => {
    const socket = connect(at.ward.port('gateway-devices'), '127.0.0.1');
    let size = 0;
    socket.setTimeout(1_500, () => socket.destroy());
    socket.on('data', (part: Buffer) => (size += part.length));
    socket.on('error', () => socket.destroy()).on('close', () => resolve(size));
    socket.write(bytes);
  });
  yield refused(`captured bytes again: ${answer} bytes come back, and no session`, 'gateway', 'no session');
}
