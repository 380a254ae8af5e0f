import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { softwarePasskey } from '../../clients/ward/passkey.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { hasLowS, parseApproval, approvalValue, verifyApproval } from '../../server/protocol/approval.ts';
import { text, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor } from '../../server/protocol/command.ts';
import { Refusal } from '../../server/protocol/refusal.ts';

const SITE = { origin: 'http://sign-a.localhost:8081', rpId: 'sign-a.localhost' };
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const challenge = challengeFor(nodeCrypto.sha256, 'command', utf8('some command'));

/** r||s as the DER that WebAuthn relying parties expect, written by hand so that it shares nothing with ours. */
function der(raw: Uint8Array): Buffer {
  const integer = (part: Uint8Array): Buffer => {
    const digits = Buffer.from(
      Buffer.from(part)
        .toString('hex')
        .replace(/^(00)+/, ''),
      'hex',
    );
    const body = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits;
    return Buffer.concat([Buffer.of(2, body.length), body]);
  };
  const body = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

describe('a software passkey', () => {
  for (const grease of [false, true]) {
    const passkey = softwarePasskey({ key: privateKey, ...SITE, grease });
    const how = grease ? 'with a member nobody knows' : 'in its plain form';

    it(`approves what devices accept, ${how}`, async () => {
      const approval = parseApproval(approvalValue(await passkey.approve(challenge)), 'approval');
      await verifyApproval(nodeCrypto, approval, passkey.key, challenge, SITE, true);
      assert.ok(hasLowS(approval.signature));
    });

    it(`makes an assertion that a relying party with a JSON parser accepts, ${how}`, async () => {
      const { authenticatorData, clientDataJSON, signature } = await passkey.approve(challenge);
      const client = JSON.parse(text(clientDataJSON)) as Record<string, unknown>;
      assert.equal(client['type'], 'webauthn.get');
      assert.equal(client['challenge'], Buffer.from(challenge).toString('base64url'));
      assert.equal(client['origin'], SITE.origin);
      assert.equal(client['crossOrigin'], false);
      assert.equal(Object.keys(client).length, grease ? 5 : 4);
      const data = Buffer.from(authenticatorData);
      assert.deepEqual(data.subarray(0, 32), createHash('sha256').update(SITE.rpId).digest());
      assert.equal(data[32], 0b101);
      assert.equal(data.readUInt32BE(33), 0);
      assert.equal(data.length, 37);
      const signed = Buffer.concat([data, createHash('sha256').update(clientDataJSON).digest()]);
      assert.ok(verify('sha256', signed, publicKey, der(signature)));
    });
  }

  it('approves one challenge and no other, for one page and no other', async () => {
    const passkey = softwarePasskey({ key: privateKey, ...SITE });
    const approval = await passkey.approve(challenge);
    const other = challengeFor(nodeCrypto.sha256, 'statement', utf8('some command'));
    const elsewhere = { origin: 'http://sign-b.localhost:8082', rpId: 'sign-b.localhost' };
    for (const [asked, site] of [
      [other, SITE],
      [challenge, elsewhere],
    ] as const) {
      await assert.rejects(verifyApproval(nodeCrypto, approval, passkey.key, asked, site, true), Refusal);
    }
  });

  it('is the same passkey from PEM as from a key object', async () => {
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const passkey = softwarePasskey({ key: pem, ...SITE });
    assert.deepEqual(passkey.kid, softwarePasskey({ key: privateKey, ...SITE }).kid);
    const approval = await passkey.approve(challenge);
    await verifyApproval(nodeCrypto, approval, passkey.key, challenge, SITE, true);
  });

  it('refuses an rpId that is not the host of its page, and keys that are no passkeys', () => {
    const { privateKey: ed25519 } = generateKeyPairSync('ed25519');
    assert.throws(() => softwarePasskey({ key: privateKey, ...SITE, rpId: 'localhost' }), RangeError);
    assert.throws(
      () => softwarePasskey({ key: privateKey, ...SITE, origin: `${SITE.origin}/page` }),
      RangeError,
    );
    assert.throws(() => softwarePasskey({ key: ed25519, ...SITE }), RangeError);
  });
});
