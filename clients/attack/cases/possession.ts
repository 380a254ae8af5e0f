import { connect } from 'node:net';
import type { Attempts, Case } from '../case.ts';
import { freshKey } from '../hands.ts';
import { TabletKey } from '../../common/link/dpop.ts';
import { problemCode } from '../answers.ts';
import { type Lab, TARGET } from '../lab.ts';
import { partyNamed } from '../parties.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';
import { attempt, judged, present, proofWith, request, streamWith } from './present.ts';

const TABLET_KEY = 'keys/tablets/tablet-dr-a/dpop.key.pem';

async function real(at: Lab): Promise<string> {
  await at.person('dr-a');
  return at.tokens.token(at.tabletOf('dr-a').jkt);
}

/** A token is there, and what has to go with it is not. */
export const POSSESSION: readonly Case[] = [
  {
    id: 'WEB-10',
    scene: 'gateway',
    given: ['A2'],
    aim: 'use a stolen token from another machine',
    codes: ['E_DPOP_MISSING', 'E_DPOP_BINDING', 'E_SESSION'],
    async *play(at) {
      const token = await real(at);
      const own = new TabletKey(freshKey());
      yield present(at, 'without a proof', token, { proof: () => undefined });
      yield present(at, 'with a proof by its own key', token, { key: own });
      yield present(at, 'as a bearer token', token, { authorization: `Bearer ${token}` });
      yield present(at, 'to open a stream', token, { method: 'POST', path: '/v1/stream-ticket', key: own });
    },
  },
  {
    id: 'WEB-11',
    scene: 'gateway',
    given: ['A2'],
    aim: 'use a proof twice',
    codes: ['E_DPOP_REPLAY', 'E_DPOP_NONCE', 'E_DPOP_MISSING'],
    async *play(at) {
      const token = await real(at);
      let kept = '';
      const first = await request(at, token, {
        proof: (about) => (kept = at.tablet.prove(about, Date.now())),
      });
      if (first.status >= 400 && at.hands.has(TABLET_KEY))
        throw new Error(`a good request was refused: ${problemCode(first)}`);
      const proof = (): string => kept;
      yield present(at, 'the same proof again', token, { proof });
      for (const answer of await Promise.all([1, 2, 3, 4].map(() => request(at, token, { proof }))))
        yield judged('the same proof, four at a time', answer);
      const [head = '', body = '', signature = ''] = kept.split('.');
      yield present(at, 'the same proof, spelled otherwise', token, {
        proof: () => `${head}.${body}.${signature}==`,
      });
      yield present(at, 'the same proof for something else', token, {
        proof,
        method: 'POST',
        path: '/v1/stream-ticket',
      });
    },
  },
  {
    id: 'WEB-12',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a proof made elsewhere, earlier, or for something else',
    codes: ['E_DPOP_NONCE', 'E_DPOP_BINDING', 'E_DPOP_MISSING'],
    async *play(at) {
      const token = await real(at);
      const pem = at.hands.pem(TABLET_KEY);
      const now = Math.floor(Date.now() / 1000);
      const wrong: readonly (readonly [string, Parameters<typeof proofWith>[2]])[] = [
        ['without a nonce', { claims: { nonce: undefined } }],
        ['with a nonce of its own', { claims: { nonce: 'AAAAAAAAAAAAAAAAAAAAAA' } }],
        ['from the future', { claims: { iat: now + 3_600 } }],
        ['from the past', { claims: { iat: now - 3_600 } }],
        ['for another method', { claims: { htm: 'DELETE' } }],
        ['for another host', { claims: { htu: 'https://evil.example/v1/devices' } }],
        ['for the address with a query', { claims: { htu: `http://${at.gatewayHost}/v1/devices?x=1` } }],
        ['for another token', { claims: { ath: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' } }],
        ['for no token', { claims: { ath: undefined } }],
        ['without an id', { claims: { jti: undefined } }],
        ['of another type', { header: { typ: 'JWT' } }],
        ['with an algorithm of shared secrets', { header: { alg: 'HS256' } }],
        ['without an algorithm', { header: { alg: 'none' } }],
        [
          'with a private key in it',
          { header: { jwk: { kty: 'EC', crv: 'P-256', x: 'A', y: 'A', d: 'A' } } },
        ],
        ['with a key set in its place', { header: { jwk: undefined, jku: 'http://127.0.0.1:1/' } }],
      ];
      for (const [what, change] of wrong)
        yield present(at, what, token, { proof: (about) => proofWith(pem, about, change) });
    },
  },
  {
    id: 'WEB-13',
    scene: 'gateway',
    given: ['A2'],
    aim: 'a token in an address, where logs keep it',
    codes: ['E_SESSION', 'E_ROUTE', 'E_CMD_MALFORMED', 'E_CMD_SCHEMA', 'HTTP 404'],
    async *play(at) {
      const token = await real(at);
      yield present(at, 'the token, with its proof', token, {
        path: `/v1/devices?token=${token}`,
        headers: { authorization: '' },
      });
      for (const path of [
        `/v1/devices?token=${token.slice(0, 200)}`,
        '/v1/devices?access_token=abc',
        `/v1/devices?authorization=abc`,
      ])
        yield judged(path.slice(0, 30), await at.ask(path));
      yield judged('in the address of the stream', {
        ...(await upgrade(at, `/v1/stream?ticket=abc`)),
        headers: {},
      });
    },
  },
  {
    id: 'WEB-14',
    scene: 'gateway',
    given: ['A3'],
    aim: 'go on after the session has ended',
    codes: ['E_SESSION', 'E_TOKEN_EXPIRED', 'E_TOKEN_REVOKED', 'the stream closed'],
    async *play(at) {
      const operator = await at.person('operator');
      const key = at.tabletOf('operator');
      const token = await at.tokensOf('operator').token(key.jkt);
      const open = await streamWith(at, token, key);
      const ended = await request(at, token, { method: 'DELETE', path: '/v1/sessions/current', key });
      if (ended.status !== 204) throw new Error(`the session could not be ended: ${problemCode(ended)}`);
      yield present(at, 'the token of a session that was ended', token, { key });
      yield attempt('a stream that was open before', open, {
        kind: 'open',
        device: at.honest.device(TARGET).id,
      });
      at.forget('operator');
      operator.close();
    },
  },
  {
    id: 'WEB-34',
    scene: 'gateway',
    given: ['A3'],
    aim: 'program a device with a stolen, unlocked tablet',
    codes: ['E_ASSERTION', 'E_ASSERTION_CRED'],
    async *play(at) {
      yield* signWithout(at);
    },
  },
];

/** A live session and no finger: the passkey is the attacker's own. */
async function* signWithout(at: Lab): Attempts {
  const stream = await streamWith(at, await real(at), at.tabletOf('dr-a'));
  const pump = await at.open(TARGET);
  const bytes = at.honest.set(
    TARGET,
    pump.attestation,
    'Occlusion alarm limit',
    anotherAlarmLimit(at, pump.attestation),
  );
  // Whoever stole a tablet has no finger of its owner: not even the owner, for this attack.
  const approval = await at.as(partyNamed('A3')).hands.approve('dr-a', bytes);
  for (const [what, used] of [
    ['with a signature of the thief’s own', approval],
    [
      'with the signature of an earlier command',
      { ...(await at.honest.approve('dr-a', new Uint8Array(32))) },
    ],
  ] as const) {
    yield attempt(what, stream, {
      kind: 'sign',
      command: bytes,
      approval: used,
      context: { reason: 'titration', note: '', order: '' },
    });
  }
  stream.close();
}

/** Asks for a WebSocket without a library, to see the answer before any handshake. */
export function upgrade(
  at: Lab,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(at.ward.port('gateway-clinicians'), '127.0.0.1');
    let text = '';
    const lines = {
      Host: at.gatewayHost,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': 'countersign.stream.v1',
      ...headers,
    };
    const done = (): void => {
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/u.exec(text)?.[1] ?? 0);
      at.heard.push(text);
      resolve({ status, body: text.slice(text.indexOf('\r\n\r\n') + 4) });
    };
    socket.setTimeout(3_000, done);
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      if (text.includes('\r\n\r\n') && (text.includes('}') || text.startsWith('HTTP/1.1 101'))) done();
    });
    socket.on('error', reject).on('end', done);
    socket.write(
      `GET ${path} HTTP/1.1\r\n${Object.entries(lines)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    );
  });
}
