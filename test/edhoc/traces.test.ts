import assert from 'node:assert/strict';
import { type Bytes, equal, hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../server/protocol/encoding/cbor.ts';
import {
  type Identity,
  initiator as openInitiator,
  type Peer,
  respond,
} from '../../server/protocol/edhoc/handshake.ts';
import { parseMessage1, parseMessage2, parsePlaintext2 } from '../../server/protocol/edhoc/messages.ts';
import type { AgreementKey } from '../../server/protocol/edhoc/primitives.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { tapCrypto } from '../../clients/common/process/tap-crypto.ts';
import { traces, traceTwo } from './traces.ts';

const all = traces();
if (!all) console.log('  EDHOC traces skipped: no vectors');

/** A key of the trace: the secrets it agrees on are in the trace, the key itself is not. */
const keyOf = (x: Bytes, secrets: readonly (readonly [x: Bytes, secret: Bytes])[]): AgreementKey => ({
  x,
  agree: (other) => secrets.find(([known]) => equal(known, other))?.[1],
});

(all ? describe : describe.skip)('the handshake of RFC 9529, method 3, suite 2', () => {
  const value = all ? traceTwo(all) : () => new Uint8Array();
  const message1 = value('message_1 (second', 'message_1');
  const message2 = value('message_2', 'message_2');
  const message3 = value('message_3', 'message_3');
  const xOf = (cred: Bytes): Bytes => {
    const at = hex(cred).indexOf('215820') / 2 + 3;
    return cred.slice(at, at + 32);
  };
  const credR = value('message_2', 'CRED_R');
  const credI = value('message_3', 'CRED_I');
  const responder: Peer = { idCred: value('message_2', 'ID_CRED_R'), cred: credR, x: xOf(credR) };
  const initiator: Peer = { idCred: value('message_3', 'ID_CRED_I'), cred: credI, x: xOf(credI) };
  const gx = message1.slice(6, 38);
  const gy = message2.slice(2, 34);
  const xy = value('message_2', 'G_XY');
  const rx = value('message_2', 'G_RX');
  const iy = value('message_3', 'G_IY');
  const fresh = (key: AgreementKey) => ({ ...tapCrypto, freshKey: () => key });
  const identity = (peer: Peer, id: Cbor, key: AgreementKey): Identity => ({ ...peer, id, key });

  it('is answered byte for byte by the Responder', async () => {
    const me = identity(responder, -19, keyOf(responder.x, [[gx, rx]]));
    const crypto = fresh(keyOf(gy, [[gx, xy], [initiator.x, iy]])); // prettier-ignore
    const mine = respond(crypto, me, -8, message1);
    assert.equal(hex(mine.message2), hex(message2));
    const session = await mine.finish(message3, (id) => {
      assert.equal(id, -12);
      return initiator;
    });
    assert.equal(
      hex(session.exporter(0, new Uint8Array(), 16)),
      hex(value('OSCORE', 'OSCORE Master Secret')),
    );
    assert.equal(hex(session.exporter(1, new Uint8Array(), 8)), hex(value('OSCORE', 'OSCORE Master Salt')));
  });

  it('is finished byte for byte by the Initiator', async () => {
    const me = identity(initiator, -12, keyOf(initiator.x, [[gy, iy]]));
    const mine = openInitiator(tapCrypto, me, keyOf(gx, [[gy, xy], [responder.x, rx]]), message1); // prettier-ignore
    const { message3: answer, session } = await mine.finish(message2, (id) => {
      assert.equal(id, -19);
      return responder;
    });
    assert.equal(hex(answer), hex(message3));
    assert.equal(
      hex(session.exporter(0, new Uint8Array(), 16)),
      hex(value('OSCORE', 'OSCORE Master Secret')),
    );
  });

  it('refuses the first message of the trace, whose suite is another', () => {
    refused(() => parseMessage1(value('message_1 (first', 'message_1')), 'message_1.suites');
  });
});

(all ? describe : describe.skip)('the invalid messages of RFC 9529', () => {
  const invalid = (all ?? [])
    .slice(16)
    .flatMap(({ section, values }) =>
      values
        .filter(({ name }) => name.startsWith('Invalid'))
        .map(({ name, hex: bytes }) => ({ section, name, bytes: unhex(bytes) })),
    );
  const me: Identity = {
    id: 0,
    idCred: new Uint8Array(),
    cred: new Uint8Array(),
    key: tapCrypto.freshKey(),
  };
  const judge = (name: string, bytes: Bytes): unknown => {
    if (name.includes('message_1')) return respond(tapCrypto, me, 0, bytes);
    return name.includes('PLAINTEXT_2') ? parsePlaintext2(bytes) : parseMessage2(bytes);
  };
  for (const { section, name, bytes } of invalid) {
    it(`are refused: ${section}`, () => refused(() => judge(name, bytes)));
  }
});

function refused(work: () => unknown, field?: string): void {
  assert.throws(work, (error: unknown) => {
    assert.ok(error instanceof Refusal, String(error));
    assert.equal(error.code, 'E_CHANNEL');
    if (field !== undefined) assert.equal(error.field, field);
    return true;
  });
}
