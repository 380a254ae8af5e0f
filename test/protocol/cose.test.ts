import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as oracle from 'cbor2';
import { type Bytes, concat, unbase64url, unhex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey, parseCoseKey, publicKey } from '../../server/protocol/encoding/cose-key.ts';
import { KINDS, open1, parseSign1, sign1, sigStructure } from '../../server/protocol/encoding/cose.ts';
import { ALGORITHM, type PublicKey } from '../../server/protocol/crypto.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';
import { lowS } from '../support/der.ts';

const folder = join(process.env['COUNTERSIGN_VECTORS'] ?? '../shared/vectors', 'cose');

interface Vector {
  readonly title: string;
  readonly fail?: boolean;
  readonly input: {
    readonly sign0?: {
      readonly alg: string;
      readonly external?: string;
      readonly key: {
        readonly crv: string;
        readonly x?: string;
        readonly y?: string;
        readonly x_hex?: string;
      };
    };
  };
  readonly intermediates: { readonly ToBeSign_hex: string };
  readonly output: { readonly cbor: string };
}

/** The Sign1 vectors whose algorithm this protocol knows. */
function vectors(): Vector[] {
  return ['sign1-tests', 'ecdsa-examples', 'eddsa-examples']
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Vector)
    .filter(
      ({ input: { sign0 } }) =>
        sign0 && ['P-256/ES256', 'Ed25519/EdDSA'].includes(`${sign0.key.crv}/${sign0.alg}`),
    );
}

function keyOf({ input: { sign0 } }: Vector): PublicKey {
  const { x = '', y = '', x_hex = '' } = sign0?.key ?? {};
  if (x_hex) return publicKey(nodeCrypto.sha256, ALGORITHM.EdDSA, unhex(x_hex));
  return publicKey(nodeCrypto.sha256, ALGORITHM.ES256, concat(unbase64url(x), unbase64url(y)));
}

/** Outer structure by the independent decoder: these vectors use tags and text this protocol does not have. */
function outer(vector: Vector): { tag: unknown; header: Bytes; payload: Bytes; signature: Bytes } {
  const message: unknown = oracle.decode(unhex(vector.output.cbor), { saveOriginal: false });
  const tagged = message instanceof oracle.Tag;
  const [header, , payload, signature] = (tagged ? message.contents : message) as Bytes[];
  assert.ok(header && payload && signature);
  // An empty protected header is signed as no bytes at all (RFC 9052 section 4.4).
  const signedHeader = header.length === 1 && header[0] === 0xa0 ? new Uint8Array() : header;
  return { tag: tagged ? message.tag : undefined, header: signedHeader, payload, signature };
}

describe('COSE_Sign1, on the examples of its working group', () => {
  before(function () {
    if (existsSync(folder)) return;
    console.log('skipped: no vectors');
    this.skip();
  });

  it('covers the same bytes and agrees on every ES256 and Ed25519 signature', async () => {
    const all = vectors();
    assert.equal(all.length, 11);
    for (const vector of all) {
      const { tag, header, payload, signature } = outer(vector);
      const aad = unhex(vector.input.sign0?.external ?? '');
      const key = keyOf(vector);
      const signed = sigStructure(header, aad, payload);
      if (!vector.fail) assert.deepEqual(signed, unhex(vector.intermediates.ToBeSign_hex), vector.title);
      const spelled = key.alg === ALGORITHM.ES256 ? lowS(signature) : signature;
      const valid = await nodeCrypto.verify(key, signed, spelled);
      // A wrong tag is seen before any signature: this protocol takes no tags at all.
      const expected = vector.fail !== true || tag === 998;
      assert.equal(valid, expected, vector.title);
    }
  });

  it('takes none of them for a message of its own', () => {
    for (const vector of vectors()) {
      assert.throws(
        () => parseSign1(unhex(vector.output.cbor), 'grant', 4096, 'E_GRANT'),
        Refusal,
        vector.title,
      );
    }
  });
});

describe('COSE_Sign1, in the one shape of this protocol', () => {
  const signer = testSigner('device');
  const payload = encode(['payload']);

  for (const alg of [ALGORITHM.ES256, ALGORITHM.EdDSA]) {
    it(`opens what was signed with algorithm ${alg}, as its own kind only`, async () => {
      const key = testSigner('someone', alg);
      for (const kind of KINDS) {
        const message = parseSign1(await sign1(kind, payload, key), kind, 1024, 'E_GRANT');
        for (const other of KINDS) {
          const opened = open1(nodeCrypto, other, message, key.key, 'E_GRANT');
          if (other === kind) assert.deepEqual(await opened, payload);
          else await assert.rejects(opened, { code: 'E_GRANT' });
        }
      }
    });
  }

  it('refuses any other shape', () => {
    const header = encode(new Map<number, number | Bytes>([[1, -7], [4, signer.key.kid]])); // prettier-ignore
    const signature = new Uint8Array(64);
    const good = [header, new Map(), payload, signature];
    parseSign1(encode(good), 'grant', 1024, 'E_GRANT');
    const with_ = (at: number, item: (typeof good)[number] | readonly never[]): Bytes =>
      encode(good.with(at, item as Bytes));
    const bad = {
      'three members': encode(good.slice(0, 3)),
      'five members': encode([...good, 0]),
      'something in the unprotected header': with_(1, new Map([[1, -7]])),
      'a header without kid': with_(0, encode(new Map([[1, -7]]))),
      'a header with a content type': with_(0, encode(new Map<number, number | Bytes>([[1, -7], [3, 0], [4, signer.key.kid]]))), // prettier-ignore
      'an empty header': with_(0, new Uint8Array()),
      'a short kid': with_(0, encode(new Map<number, number | Bytes>([[1, -7], [4, Uint8Array.of(1)]]))), // prettier-ignore
      'a detached payload': with_(2, []),
      'a signature of 63 bytes': with_(3, new Uint8Array(63)),
      'a DER signature': with_(3, new Uint8Array(71)),
    };
    for (const [name, bytes] of Object.entries(bad)) {
      assert.throws(() => parseSign1(bytes, 'grant', 1024, 'E_GRANT'), { code: 'E_GRANT' }, name);
    }
    assert.throws(() => parseSign1(encode(good), 'grant', 90, 'E_GRANT'), { code: 'E_GRANT' });
  });

  it('does not take another key, even one that claims the same kid', async () => {
    const message = parseSign1(await sign1('grant', payload, signer), 'grant', 1024, 'E_GRANT');
    const other = testSigner('other').key;
    await assert.rejects(open1(nodeCrypto, 'grant', message, other, 'E_GRANT'), { code: 'E_GRANT' });
    const dressed = { ...other, kid: signer.key.kid };
    await assert.rejects(open1(nodeCrypto, 'grant', message, dressed, 'E_GRANT'), { code: 'E_GRANT' });
  });
});

describe('COSE_Key', () => {
  it('comes back, and names its key by the hash of its own bytes', () => {
    for (const alg of [ALGORITHM.ES256, ALGORITHM.EdDSA]) {
      const { key } = testSigner('someone', alg);
      const bytes = coseKey(alg, key.raw);
      assert.deepEqual(parseCoseKey(nodeCrypto.sha256, bytes, 'key'), key);
      assert.deepEqual(key.kid, nodeCrypto.sha256(bytes).slice(0, 16));
    }
  });

  it('refuses every other kind of key', () => {
    const x = new Uint8Array(32);
    for (const members of [
      [
        [1, 2],
        [3, -35],
        [-1, 2],
        [-2, x],
        [-3, x],
      ],
      [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x],
      ],
      [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x.subarray(1)],
        [-3, x],
      ],
      [
        [1, 1],
        [3, -8],
        [-1, 7],
        [-2, x],
      ],
      [
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, x],
        [-3, x],
      ],
      [
        [1, 2],
        [3, -8],
        [-1, 6],
        [-2, x],
      ],
      [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x],
        [-3, x],
        [-4, x],
      ],
    ] as [number, number | Bytes][][]) {
      // prettier-ignore
      assert.throws(() => parseCoseKey(nodeCrypto.sha256, encode(new Map(members)), 'key'), Refusal);
    }
  });
});
