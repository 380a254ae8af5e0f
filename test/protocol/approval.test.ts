import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as oracle from 'cbor2';
import * as fc from 'fast-check';
import {
  type Approval,
  clientDataPrefix,
  hasLowS,
  rawSignature,
  verifyApproval,
} from '../../server/protocol/approval.ts';
import { type Bytes, concat, text, unhex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { publicKey } from '../../server/protocol/encoding/cose-key.ts';
import { ALGORITHM, type PublicKey } from '../../server/protocol/crypto.ts';
import { highS, ORDER, toBytes, toDer } from '../support/der.ts';
import { nodeCrypto, testBytes, testSigner } from '../support/keys.ts';
import { assertion, BE, BS, type Gesture, UP, UV } from '../support/passkey.ts';

const file = join(
  process.env['COUNTERSIGN_VECTORS'] ?? '../shared/vectors',
  'webauthn',
  'authentication.json',
);
const SITE = { origin: 'https://sign-a.countersign.test', rpId: 'sign-a.countersign.test' };

interface Ceremony {
  readonly title: string;
  readonly registration: { readonly attestationObject: string };
  readonly authentication: Record<'challenge' | 'authenticatorData' | 'clientDataJSON' | 'signature', string>;
}

/** The credential's public key, found in the attested data of the registration; undefined unless ES256. */
function keyOf({ registration }: Ceremony): PublicKey | undefined {
  const attestation: unknown = oracle.decode(unhex(registration.attestationObject));
  const { authData } = attestation as { authData: Bytes };
  const idLength = ((authData[53] ?? 0) << 8) | (authData[54] ?? 0);
  const [members] = [...oracle.decodeSequence(authData.slice(55 + idLength))];
  const key = members as Map<number, unknown>;
  if (key.get(3) !== ALGORITHM.ES256) return undefined;
  return publicKey(nodeCrypto.sha256, ALGORITHM.ES256, concat(key.get(-2) as Bytes, key.get(-3) as Bytes));
}

describe('an approval, on the test vectors of WebAuthn Level 3', () => {
  let ceremonies: Ceremony[] = [];
  before(function () {
    if (existsSync(file)) {
      ceremonies = JSON.parse(readFileSync(file, 'utf8')) as Ceremony[];
    } else {
      console.log('skipped: no vectors');
      this.skip();
    }
  });

  it('is accepted exactly where user verification is given and the frame is not foreign', async () => {
    const outcomes: string[] = [];
    for (const ceremony of ceremonies) {
      const key = keyOf(ceremony);
      if (!key) continue;
      const { challenge, authenticatorData, clientDataJSON, signature } = ceremony.authentication;
      const data = unhex(authenticatorData);
      const approval: Approval = {
        kid: key.kid,
        authenticatorData: data,
        clientDataJSON: unhex(clientDataJSON),
        signature: rawSignature(unhex(signature)),
      };
      const site = { origin: 'https://example.org', rpId: 'example.org' };
      const signed = concat(data, nodeCrypto.sha256(unhex(clientDataJSON)));
      assert.ok(await nodeCrypto.verify(key, signed, approval.signature), `${ceremony.title}: the signature`);
      const foreign = !text(unhex(clientDataJSON)).includes('"crossOrigin":false');
      const flags = data[32] ?? 0;
      const expected = !foreign && (flags & UP) !== 0 && (flags & UV) !== 0;
      const judged = verifyApproval(nodeCrypto, approval, key, unhex(challenge), site, false);
      if (expected) await judged;
      else await assert.rejects(judged, { code: 'E_ASSERTION' }, ceremony.title);
      outcomes.push(expected ? 'accepted' : foreign ? 'foreign frame' : 'no user verification');
    }
    const count = (outcome: string): number => outcomes.filter((each) => each === outcome).length;
    assert.deepEqual(
      ['accepted', 'foreign frame', 'no user verification'].map(count),
      [3, 2, 5],
      'the vectors exercise all three',
    );
  });

  it('finds the fixed beginning in every clientDataJSON that a browser made for the page itself', () => {
    for (const { title, authentication } of ceremonies) {
      const json = text(unhex(authentication.clientDataJSON));
      const prefix = clientDataPrefix(unhex(authentication.challenge), 'https://example.org');
      assert.equal(json.startsWith(prefix), json.includes('"crossOrigin":false'), title);
    }
  });
});

describe('an approval', () => {
  const signer = testSigner('alice');
  const command = testBytes('command');
  const challenge = challengeFor(nodeCrypto.sha256, 'command', command);
  const make = (gesture?: Gesture, site = SITE, over = challenge): Promise<Approval> =>
    assertion(nodeCrypto, signer, site, over, gesture);
  const judge = (approval: Approval, deviceBound = true): Promise<void> =>
    verifyApproval(nodeCrypto, approval, signer.key, challenge, SITE, deviceBound);
  const refused = (approval: Approval, field: string, deviceBound?: boolean): Promise<void> =>
    assert.rejects(judge(approval, deviceBound), { code: 'E_ASSERTION', field: `approval.${field}` });

  it('is accepted, also with what browsers append and whatever the signature counter says', async () => {
    await judge(await make());
    await judge(await make({ suffix: ',"extraData":"anything"}', signCount: 7 }));
  });

  it('is refused for another challenge, another label, another page, another site', async () => {
    await refused(await make({}, SITE, testBytes('other')), 'clientDataJSON');
    for (const label of ['session', 'statement'] as const) {
      await refused(await make({}, SITE, challengeFor(nodeCrypto.sha256, label, command)), 'clientDataJSON');
    }
    await refused(await make({}, { ...SITE, origin: 'https://gate.countersign.test' }), 'clientDataJSON');
    await refused(await make({}, { ...SITE, rpId: 'gate.countersign.test' }), 'rpIdHash');
  });

  it('is refused where anything but } or , follows the fixed beginning', async () => {
    for (const suffix of ['', ' }', ';}', '1}', ':1}'])
      await refused(await make({ suffix }), 'clientDataJSON');
  });

  it('is refused for every way in which the fixed beginning could be spelled differently', async () => {
    const json = text((await make()).clientDataJSON);
    const variants = [
      json.replace('webauthn.get', 'webauthn.create'),
      json.replace('"type":', '"type": '),
      json.replace('false', 'true'),
      json.replace(',"crossOrigin":false', ''),
      `\ufeff${json}`,
      json.replace('https://', 'http://'),
      json.replace('.test"', '.test."'),
      json.replace('"origin"', '"origin":"https://evil.test","origin"'),
    ];
    for (const variant of variants) {
      await refused({ ...(await make()), clientDataJSON: utf8(variant) }, 'clientDataJSON');
    }
  });

  it('is refused without touch, without user verification, with extensions, or copied', async () => {
    for (const flags of [0, UP, UV, UP | UV | 0x40, UP | UV | 0x80, UP | UV | BS]) {
      await refused(await make({ flags }), 'flags', false);
    }
    await refused(await make({ flags: UP | UV | BE }), 'flags');
    await refused(await make({ flags: UP | UV | BE | BS }), 'flags');
    await judge(await make({ flags: UP | UV | BE | BS }), false);
  });

  it('is refused with authenticatorData that is longer or shorter than 37 bytes', async () => {
    const approval = await make();
    for (const size of [0, 36, 38]) {
      const authenticatorData = new Uint8Array(size);
      await refused({ ...approval, authenticatorData }, 'authenticatorData');
    }
  });

  it('is refused when it names another passkey, or its signature has a second spelling', async () => {
    const approval = await make();
    await refused({ ...approval, kid: testBytes('kid', 16) }, 'kid');
    await refused({ ...approval, signature: highS(approval.signature) }, 'signature');
  });

  it('is refused with any one bit changed', async () => {
    const approval = await make();
    for (const part of ['kid', 'authenticatorData', 'clientDataJSON', 'signature'] as const) {
      for (let bit = 0; bit < approval[part].length * 8; bit++) {
        const bytes = approval[part].slice();
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await assert.rejects(
          judge({ ...approval, [part]: bytes }),
          { code: 'E_ASSERTION' },
          `${part} bit ${bit}`,
        );
      }
    }
  });
});

describe('a passkey’s DER signature', () => {
  const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n });
  const small = fc.bigInt({ min: 1n, max: 300n });
  const pair = fc.tuple(fc.oneof(scalar, small), fc.oneof(scalar, small));

  it('becomes r||s with low s, whatever the sizes of r and s', () => {
    fc.assert(
      fc.property(pair, ([r, s]) => {
        const raw = rawSignature(toDer(concat(toBytes(r), toBytes(s))));
        assert.deepEqual(raw, concat(toBytes(r), toBytes(s > ORDER / 2n ? ORDER - s : s)));
        assert.ok(hasLowS(raw));
      }),
    );
  });

  it('has one spelling: any other DER of the same numbers is refused', () => {
    const der = toDer(concat(toBytes(5n), toBytes(6n)));
    assert.deepEqual(der, unhex('3006020105020106'));
    for (const bad of [
      '', '30', '3006', // cut short
      '300602010502010600', // a byte left over
      '30070201050201060000', '3081060201050201 06'.replace(' ', ''), // lengths that lie, and long-form lengths
      '300702020005020106', // a padded r
      '3007020105020200 06'.replace(' ', ''), // a padded s
      '3006020185020106', // a negative r
      '3006020100020106', '3006020105020100', // zero
      '3006030105020106', // not an integer
      '3106020105020106', // not a sequence
      '30050200020106', // no r
    ]) assert.throws(() => rawSignature(unhex(bad)), { code: 'E_ASSERTION' }, bad); // prettier-ignore
    for (const [r, s] of [
      [ORDER, 1n],
      [1n, ORDER],
    ] as const) {
      // prettier-ignore
      const der = toDer(concat(toBytes(r), toBytes(s)));
      assert.throws(() => rawSignature(der), { code: 'E_ASSERTION' });
    }
  });

  it('of arbitrary bytes is refused, or is the DER of what comes out', () => {
    const near = fc.tuple(pair, fc.nat(), fc.nat(255)).map(([[r, s], at, byte]) => {
      const der = toDer(concat(toBytes(r), toBytes(s)));
      der[at % der.length] = byte;
      return der;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), near), (bytes) => {
        let raw: Bytes;
        try {
          raw = rawSignature(bytes);
        } catch (error) {
          assert.ok(error instanceof Error && 'code' in error && error.code === 'E_ASSERTION');
          return;
        }
        const spellings = [toDer(raw), toDer(highS(raw))].map((der) => Buffer.from(der).toString('hex'));
        assert.ok(spellings.includes(Buffer.from(bytes).toString('hex')));
      }),
    );
  });
});
