import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { unbase64, utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import * as note from '../../server/protocol/log/note.ts';
import { formatProof, parseProof } from '../../server/protocol/log/tlog-proof.ts';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';

const { sha256 } = nodeCrypto;

function newSigner(): Signer {
  return signerFromPem(
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  );
}

const logSigner = newSigner();
const witnesses = ['one', 'two', 'three'].map((name) => ({ name: `${name}.example/w`, signer: newSigner() }));
const origin = 'log.example/a';
const logKey = note.encodeVkey(sha256, origin, note.LOG_KEY, logSigner.key.raw);
const witnessKeys = witnesses.map(({ name, signer }) =>
  note.encodeVkey(sha256, name, note.WITNESS_KEY, signer.key.raw),
);
const checkpoint = { origin, size: 4711, root: sha256(utf8('root')) };
const body = note.formatCheckpoint(checkpoint);

async function signed(times: readonly (number | null)[]): Promise<note.Note> {
  const signatures = [await note.signNote(sha256, body, origin, logSigner)];
  for (const [i, time] of times.entries()) {
    const witness = witnesses[i];
    assert.ok(witness);
    if (time !== null) {
      signatures.push(await note.cosign(sha256, body, witness.name, witness.signer, time));
    }
  }
  return { body, signatures };
}

const refused = (reason: note.NoteReason) => (error: unknown) =>
  error instanceof note.NoteError && error.reason === reason;

const verify = (text: note.Note | string, k = 1, keys = witnessKeys) =>
  note.verifyCheckpoint(nodeCrypto, {
    note: typeof text === 'string' ? text : note.formatNote(text),
    logKeys: [logKey],
    policy: { k, witnesses: keys },
  });

describe('Signed notes and checkpoints', () => {
  it('read the key text that the signed-note specification prints', () => {
    const text = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    const key = note.parseVkey(sha256, text);
    assert.equal(note.encodeVkey(sha256, key.name, key.type, key.key.raw), text);
    assert.throws(() => note.parseVkey(sha256, text.replace('c74f20a3', 'c74f20a4')), refused('malformed'));
  });

  it('verify the signed note that the specification prints', async () => {
    const key = note.parseVkey(sha256, 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
      '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
    const parsed = note.parseNote(text);
    assert.equal(note.formatNote(parsed), text);
    const [signature] = parsed.signatures;
    assert.ok(signature);
    assert.equal(await note.verifySignature(nodeCrypto, parsed.body, key, signature), 0);
    assert.equal(await note.verifySignature(nodeCrypto, `${parsed.body}x\n`, key, signature), null);
  });

  it('give origin, size, root and the cosignature times, latest first', async () => {
    const evidence = await verify(await signed([1_700_000_000, 1_700_000_009, 1_700_000_005]), 3);
    assert.deepEqual(evidence, {
      ...checkpoint,
      cosignatureTimes: [1_700_000_009, 1_700_000_005, 1_700_000_000],
    });
  });

  it('need k distinct witnesses', async () => {
    const two = await signed([5, 6, null]);
    await verify(two, 2);
    await assert.rejects(verify(two, 3), refused('quorum'));
    const [first] = witnesses;
    assert.ok(first);
    const alias = note.encodeVkey(sha256, 'alias.example', note.WITNESS_KEY, first.signer.key.raw);
    const twice = {
      body,
      signatures: [
        ...(await signed([5])).signatures,
        await note.cosign(sha256, body, 'alias.example', first.signer, 9),
      ],
    };
    await assert.rejects(verify(twice, 2, [...witnessKeys, alias]), refused('quorum'));
    await assert.rejects(verify(two, 0), refused('policy'));
  });

  it('never count the log as its own witness', async () => {
    const self = note.encodeVkey(sha256, origin, note.WITNESS_KEY, logSigner.key.raw);
    const signatures = [
      ...(await signed([])).signatures,
      await note.cosign(sha256, body, origin, logSigner, 5),
    ];
    await assert.rejects(verify({ body, signatures }, 1, [self]), refused('quorum'));
  });

  it('ignore unknown keys, and refuse an invalid or repeated signature of a known one', async () => {
    const good = await signed([5]);
    const stranger = await note.cosign(sha256, body, 'stranger.example', newSigner(), 5);
    await verify({ body, signatures: [...good.signatures, stranger] });
    const [log, cosignature] = good.signatures;
    assert.ok(log && cosignature);
    const broken = { ...cosignature, payload: cosignature.payload.with(20, cosignature.payload[20]! ^ 1) };
    await assert.rejects(verify({ body, signatures: [log, broken] }), refused('signature'));
    const later = { ...cosignature, payload: cosignature.payload.with(7, 200) };
    await assert.rejects(verify({ body, signatures: [log, later] }), refused('signature'));
    await assert.rejects(
      verify({ body, signatures: [...good.signatures, cosignature] }),
      refused('signature'),
    );
    await assert.rejects(verify({ body, signatures: [cosignature] }), refused('signature'));
    await assert.rejects(verify(note.formatNote(good).replace('4711', '4712')), refused('signature'));
  });

  it('refuse the checkpoint of another log even with a good signature', async () => {
    const other = note.formatCheckpoint({ ...checkpoint, origin: 'log.example/b' });
    const signatures = [await note.signNote(sha256, other, origin, logSigner)];
    await assert.rejects(verify({ body: other, signatures }), refused('origin'));
  });

  it('refuse everything that is not canonical', async () => {
    const good = note.formatNote(await signed([5]));
    for (const [what, text] of [
      ['CRLF', good.replaceAll('\n', '\r\n')],
      ['leading zero', good.replace('4711', '04711')],
      ['plus sign', good.replace('4711', '+4711')],
      ['extension line', good.replace('\n\n', '\nextension\n\n')],
      ['no final line feed', good.slice(0, -1)],
      ['hyphen for the dash', good.replaceAll('—', '-')],
      ['two spaces', good.replace('— log', '—  log')],
      ['spare text', `${good}x\n`],
      ['unpadded base64', good.replace('=\n\n', '\n\n')],
      ['lone surrogate', good.replace('log.example', 'log.example\ud800')],
      ['escape character', good.replace('log.example', '\u001b[2Jlog')],
      ['no blank line', good.replace('\n\n', '\n')],
    ] as const) {
      assert.notEqual(text, good, what);
      await assert.rejects(verify(text), (error) => error instanceof note.NoteError, what);
    }
    await assert.rejects(verify(good + good.repeat(40)), refused('too-large'));
  });

  it('print what they read, byte for byte, or do not read it', async () => {
    const good = note.formatNote(await signed([5, 6]));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ maxLength: 2 }), (at, inserted) => {
        const text = good.slice(0, at) + inserted + good.slice(at + 1);
        let parsed: note.Note;
        try {
          parsed = note.parseNote(text);
        } catch (error) {
          assert.ok(error instanceof note.NoteError);
          return;
        }
        assert.equal(note.formatNote(parsed), text);
      }),
      { numRuns: 500 },
    );
  });

  it('travel with a proof as one text', async () => {
    const text = note.formatNote(await signed([5]));
    const path = [sha256(utf8('a')), sha256(utf8('b'))];
    for (const proof of [
      { index: 3, path, checkpoint: text },
      { index: 0, path: [], checkpoint: text, extra: unbase64('AAEC') },
    ]) {
      const printed = formatProof(proof);
      assert.deepEqual(parseProof(printed), proof);
      assert.throws(() => parseProof(printed.replace('index ', 'index 0')), note.NoteError);
      assert.throws(() => parseProof(printed.replace('v1', 'v2')), note.NoteError);
    }
  });
});
