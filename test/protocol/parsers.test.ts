import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { readAnchors } from '../../server/protocol/anchors.ts';
import { parseCommand as parseApdu, parseResponse } from '../../server/protocol/link/apdu.ts';
import { readAttestation } from '../../server/protocol/attestation.ts';
import { encodeBundle, encodeEmergency, parseBundle, parseEmergency } from '../../server/protocol/bundle.ts';
import { type Bytes, concat, hex } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import { encodeCommand, parseCommand } from '../../server/protocol/command.ts';
import { coseKey, parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import { parseSign1 } from '../../server/protocol/encoding/cose.ts';
import { readCredential } from '../../server/protocol/credential.ts';
import { encodeEntry, ENTRY, type Entry, parseEntry } from '../../server/protocol/log/entry.ts';
import { encodeEvidence, parseEvidence } from '../../server/protocol/evidence/evidence.ts';
import { readGrant } from '../../server/protocol/grant.ts';
import { NoteError, parseCheckpoint, parseNote } from '../../server/protocol/log/note.ts';
import { encodeProfile, parseProfile } from '../../server/protocol/profile.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import {
  encodeSigned,
  encodeStatement,
  parseSigned,
  parseStatement,
} from '../../server/protocol/statement.ts';
import {
  encodeFromStation,
  encodeToStation,
  parseFromStation,
  parseToStation,
} from '../../server/protocol/link/station.ts';
import { decodeBundle } from '../../server/protocol/log/tiles.ts';
import {
  type Answer,
  encodeAnswer,
  encodeRequest,
  parseAnswer,
  parseRequest,
  type Request,
} from '../../server/protocol/link/wire.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { draft, makeWorld } from '../support/fixtures.ts';
import { nodeCrypto, testBytes } from '../support/keys.ts';

/** A parser, a good message for it, and the writer that gives the same bytes back where there is one. */
interface Subject {
  readonly good: Bytes;
  readonly parse: (bytes: Bytes) => unknown;
  readonly again?: (bytes: Bytes) => Bytes;
}

const statement = {
  purpose: 'lock',
  time: 1,
  nonce: testBytes('n', 16),
  detail: new Map([[1, 'x']]),
} as const;

function subjects({ bundle, evidence, bytes, world }: Case): Record<string, Subject> {
  const [approval] = bundle.approvals;
  const [credential] = bundle.credentials;
  assert.ok(approval && credential);
  const { sha256 } = nodeCrypto;
  const signed = { statement: encodeStatement(statement), approval };
  return {
    command: { good: bundle.command, parse: parseCommand, again: (b) => encodeCommand(parseCommand(b)) },
    bundle: { good: evidence.bundle, parse: parseBundle, again: (b) => encodeBundle(parseBundle(b)) },
    emergency: {
      good: encodeEmergency({ command: bundle.command, approval, credential }),
      parse: parseEmergency,
      again: (b) => encodeEmergency(parseEmergency(b)),
    },
    statement: {
      good: signed.statement,
      parse: parseStatement,
      again: (b) => encodeStatement(parseStatement(b)),
    },
    'signed statement': {
      good: encodeSigned(signed),
      parse: parseSigned,
      again: (b) => encodeSigned(parseSigned(b)),
    },
    entry: { good: bundle.proof.entry, parse: parseEntry, again: (b) => encodeEntry(parseEntry(b)) },
    profile: {
      good: encodeProfile(world.profile),
      parse: parseProfile,
      again: (b) => encodeProfile(parseProfile(b)),
    },
    evidence: { good: bytes, parse: parseEvidence, again: (b) => encodeEvidence(parseEvidence(b)) },
    request: {
      good: encodeRequest({ kind: 'deliver', bundle: evidence.bundle }),
      parse: parseRequest,
      again: (b) => encodeRequest(parseRequest(b)),
    },
    answer: {
      good: encodeAnswer({ kind: 'refused', code: 'E_NONCE', field: 'command.3' }),
      parse: parseAnswer,
      again: (b) => encodeAnswer(parseAnswer(b)),
    },
    'station message': {
      good: encodeFromStation({ kind: 'hello', label: 'Bed 4', readers: ['Virtual'] }),
      parse: parseFromStation,
      again: (b) => encodeFromStation(parseFromStation(b)),
    },
    'station request': {
      good: encodeToStation({ kind: 'request', request: 1, session: 2, command: Uint8Array.of(0, 1, 2, 3) }),
      parse: parseToStation,
      again: (b) => encodeToStation(parseToStation(b)),
    },
    COSE_Key: { good: evidence.deviceKey, parse: (b) => parseCoseKey(sha256, b, 'key') },
    COSE_Sign1: { good: bundle.grant, parse: (b) => parseSign1(b, 'grant', 1024, 'E_GRANT') },
    grant: { good: bundle.grant, parse: readGrant },
    credential: { good: credential.credential, parse: (b) => readCredential(nodeCrypto, b) },
    attestation: { good: evidence.attestation, parse: readAttestation },
    anchors: { good: evidence.anchors, parse: (b) => readAnchors(nodeCrypto, b) },
  };
}

/** Bytes near a good message: some replaced, some cut out, some doubled; and anything at all. */
const near = (good: Bytes): fc.Arbitrary<Bytes> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
    fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      }),
    fc
      .tuple(fc.nat(good.length), fc.nat(good.length))
      .map(([a, b]) => concat(good.slice(0, a), good.slice(b))),
  );

describe('every parser', () => {
  let all: Record<string, Subject> = {};
  before(async () => {
    all = subjects(await makeCase(await makeWorld()));
  });

  it('reads its own message', () => {
    for (const [name, { good, parse, again }] of Object.entries(all)) {
      parse(good);
      if (again) assert.equal(hex(again(good)), hex(good), name);
    }
  });

  it('answers any bytes with a value or a Refusal, never another error', function () {
    this.timeout(60_000);
    for (const [name, { good, parse, again }] of Object.entries(all)) {
      fc.assert(
        fc.property(near(good), (bytes) => {
          try {
            parse(bytes);
          } catch (error) {
            assert.ok(error instanceof Refusal, `${name}: ${String(error)}`);
            return;
          }
          // One value, one spelling: what is accepted is what the writer would have written.
          if (again) assert.equal(hex(again(bytes)), hex(bytes), name);
        }),
        { numRuns: 400 },
      );
    }
  });

  it('refuses any message of another kind', () => {
    for (const [name, { parse }] of Object.entries(all)) {
      for (const [other, { good }] of Object.entries(all)) {
        const family = new Set([name, other]);
        if (name === other || (family.has('COSE_Sign1') && !family.has('COSE_Key') && !isPlain(other, name)))
          continue;
        assert.throws(() => parse(good), Refusal, `${other} as ${name}`);
      }
    }
  });

  it('refuses brackets without end, and claims without bytes', () => {
    const bombs = [
      new Uint8Array(60_000).fill(0x81),
      new Uint8Array(60_000).fill(0xa1),
      Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xba, 0x7f, 0xff, 0xff, 0xff),
      encode(new Uint8Array(60_000)),
      encode(Array.from({ length: 5_000 }, () => 0)),
    ];
    for (const [name, { parse }] of Object.entries(all)) {
      for (const bomb of bombs) assert.throws(() => parse(bomb), Refusal, name);
    }
  });

  it('of notes, tiles and APDUs stays within its own kind of answer', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 300 }),
        (bytes, text) => {
          parseApdu(bytes);
          parseResponse(bytes);
          for (const run of [() => parseNote(text), () => parseCheckpoint(text)]) {
            try {
              run();
            } catch (error) {
              assert.ok(error instanceof NoteError);
            }
          }
          try {
            decodeBundle(bytes);
          } catch (error) {
            assert.ok(error instanceof RangeError);
          }
        },
      ),
    );
  });
});

/** A COSE_Sign1 parser reads the frame of any signed message: only messages that are none must be refused. */
const isPlain = (other: string, name: string): boolean =>
  name === 'COSE_Sign1'
    ? !['grant', 'credential', 'attestation'].includes(other)
    : !['grant'].includes(name) || other !== 'COSE_Sign1';

describe('the log’s entries', () => {
  const sample: Required<Omit<Entry, 'type' | 'time'>> = {
    device: testBytes('d', 8),
    command: testBytes('c'),
    kids: [testBytes('k', 16)],
    tier: 2,
    code: 'E_NONCE',
    digest: testBytes('digest'),
    number: 7,
    commitments: [testBytes('commitment')],
    detail: 'reason CHECKUP',
    index: 3,
    result: 1,
    link: 2,
  };
  const types = Object.keys(ENTRY).filter((name): name is keyof typeof ENTRY => Object.hasOwn(ENTRY, name));
  const fieldsOf = (type: keyof typeof ENTRY, optional: boolean): Entry => {
    const { required, optional: more } = ENTRY[type];
    const names = [...required, ...(optional ? more : [])];
    return { type, time: 5, ...Object.fromEntries(names.map((name) => [name, sample[name]])) };
  };

  it('have one number for each kind', () => {
    assert.equal(new Set(types.map((type) => ENTRY[type].number)).size, types.length);
  });

  it('of every kind come back, with and without what they may leave out', () => {
    for (const type of types) {
      for (const optional of [true, false]) {
        const entry = fieldsOf(type, optional);
        assert.deepEqual(parseEntry(encodeEntry(entry)), entry);
      }
    }
  });

  it('miss nothing their kind must have and hold nothing it must not', () => {
    for (const type of types) {
      const whole = fieldsOf(type, true);
      for (const name of ENTRY[type].required) {
        const { [name]: _, ...rest } = whole;
        assert.throws(() => encodeEntry(rest), RangeError, `${type} without ${name}`);
      }
      const [foreign] = Object.entries(sample).filter(([name]) => !Object.hasOwn(whole, name));
      assert.ok(foreign);
      assert.throws(() => encodeEntry({ ...whole, [foreign[0]]: foreign[1] }), RangeError);
    }
  });

  it('hold no text that could hide or forge a line', () => {
    for (const detail of ['a\nb', '\u202e', '\x1b[2J', 'é', 'x'.repeat(161)]) {
      assert.throws(() => encodeEntry({ type: 'export', time: 1, kids: [], detail }), RangeError);
    }
  });
});

describe('messages between gateway and device', () => {
  it('of every kind come back', () => {
    const bytes = testBytes('b');
    const requests: readonly Request[] = [
      { kind: 'open' },
      { kind: 'deliver', bundle: bytes },
      { kind: 'deliver', bundle: bytes, companion: bytes },
      { kind: 'emergency', emergency: bytes },
      { kind: 'receipt-for', command: bytes },
      { kind: 'receipts-since', number: 3 },
      { kind: 'anchors', anchors: bytes },
    ];
    for (const request of requests) assert.deepEqual(parseRequest(encodeRequest(request)), request);
    const answers: readonly Answer[] = [
      { kind: 'attestation', attestation: bytes },
      { kind: 'receipt', receipt: bytes },
      { kind: 'refused', code: 'E_RATE', field: '' },
      { kind: 'absence', absence: bytes },
      { kind: 'receipts', receipts: [bytes, bytes] },
      { kind: 'accepted' },
    ];
    for (const answer of answers) assert.deepEqual(parseAnswer(encodeAnswer(answer)), answer);
  });

  it('of no kind are refused: E_ROUTE for a request, so that a newer gateway learns it', () => {
    assert.throws(() => parseRequest(encode([99])), { code: 'E_ROUTE' });
    assert.throws(() => parseRequest(encode([1, 1])), { code: 'E_CMD_MALFORMED' });
    assert.throws(() => parseAnswer(encode([99])), { code: 'E_CMD_MALFORMED' });
    assert.throws(() => parseAnswer(encode([103, 999, ''])), { code: 'E_CMD_MALFORMED' });
  });
});

describe('a command', () => {
  it('of another version, or with a field too many or too few, is refused', async () => {
    const command = draft(await makeWorld());
    const good = encodeCommand(command);
    assert.deepEqual(parseCommand(good), command);
    const version = good.slice();
    version[2] = 2;
    assert.throws(() => parseCommand(version), { code: 'E_VERSION' });
    const many = { ...command, changes: new Map(Array.from({ length: 65 }, (_, i) => [i, 1])) };
    assert.throws(() => parseCommand(encodeCommand(many)), { code: 'E_CMD_MALFORMED' });
    for (const changes of [new Map([[-1, 1]]), new Map([[2 ** 32, 1]]), new Map([[1, 2 ** 31]])]) {
      assert.throws(() => parseCommand(encodeCommand({ ...command, changes })), { code: 'E_CMD_MALFORMED' });
    }
  });

  it('cannot be taken for a key, though both are maps', () => {
    const { sha256 } = nodeCrypto;
    assert.throws(() => parseCommand(coseKey(-8, testBytes('x'))), Refusal);
    assert.throws(() => parseCoseKey(sha256, encode(new Map([[1, 1]])), 'key'), Refusal);
  });
});
