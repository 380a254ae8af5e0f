import type { Anchors } from '../../../server/protocol/anchors.ts';
import { parseProof, proofValue } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal, hex, unhex, utf8 } from '../../../server/protocol/encoding/bytes.ts';
import { type Cbor, encode } from '../../../server/protocol/encoding/cbor.ts';
import { open1, parseSign1, sign1 } from '../../../server/protocol/encoding/cose.ts';
import type { PublicKey, Signer } from '../../../server/protocol/crypto.ts';
import { arrayOf, bytesOf, decodeStrict, Fields, uint } from '../../../server/protocol/encoding/fields.ts';
import { verifyProof } from '../../../server/protocol/log/prove.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import type { KitLog } from '../world/kit-log.ts';
import { judgementOf, type Report, type Subject, tally } from './report.ts';

const MAX_STATEMENT = 4_096;
const CODE = 'E_CMD_MALFORMED';
const JUDGEMENTS = ['NOT DECIDED', 'CONFORMS', 'DOES NOT CONFORM'] as const;

/** What a tester signs of one run (PROTOCOL.md section 3.11). */
export interface Statement {
  readonly kit: string;
  /** Unix seconds. */
  readonly time: number;
  readonly subject: Subject;
  /** The device that was tested; of a gateway, the one that the kit played for it. */
  readonly device: Bytes;
  /** kid of the device's identity key, or of the gateway's grant key. */
  readonly identity: Bytes;
  /** Hash of the device's profile, or of the anchors that the gateway stands under. */
  readonly profile: Bytes;
  /** What a device attested; empty for a gateway. */
  readonly firmware: Bytes;
  readonly report: Bytes;
  readonly judgement: (typeof JUDGEMENTS)[number];
  /** Passed, failed, warned, skipped, not tried. */
  readonly counts: readonly number[];
}

/** The report's bytes, as they are kept and signed. */
export const reportBytes = (report: Report): Bytes => utf8(`${JSON.stringify(report, undefined, 1)}\n`);

/** Signs a statement about a report, writes it into the log, and gives both as one file. */
export async function issueStatement(
  report: Report,
  identity: PublicKey,
  tester: Signer,
  log: KitLog,
  time: number,
): Promise<Bytes> {
  const { pass, fail, warn, skip, error } = tally(report);
  const payload = new Map<number, Cbor>([
    [1, 1],
    [2, report.kit],
    [3, time],
    [4, unhex(report.device.id)],
    [5, identity.kid],
    [6, unhex(report.anchors ?? report.profile.hash)],
    [7, unhex(report.device.firmware)],
    [8, nodeCrypto.sha256(reportBytes(report))],
    [9, JUDGEMENTS.indexOf(judgementOf(report))],
    [10, [pass, fail, warn, skip, error]],
  ]);
  if (report.subject === 'gateway') payload.set(11, 1);
  const signed = await sign1('conformance', encode(payload), tester);
  const digest = nodeCrypto.sha256(signed);
  const index = log.append({
    type: 'statement',
    time: time * 1000,
    digest,
    kids: [tester.key.kid],
    number: 0,
  });
  return encode([signed, proofValue(await log.proof(index, time))]);
}

/**
 * Reads a statement that `tester` signed and the log of `anchors` holds under a witnessed checkpoint. Throws Refusal
 * with the first thing that is wrong.
 */
export async function openStatement(bytes: Bytes, tester: PublicKey, anchors: Anchors): Promise<Statement> {
  const [first, second] = arrayOf(decodeStrict(bytes, 'statement', 65_535), 'statement', 2, 2);
  const signed = bytesOf(first, 'statement.0');
  const statement = await openTested(signed, tester);
  const { entry } = await verifyProof(nodeCrypto, parseProof(second, 'statement.proof'), anchors);
  if (entry.type !== 'statement' || !entry.digest || !equal(entry.digest, nodeCrypto.sha256(signed)))
    throw new Refusal('E_LOG_PROOF', 'the log entry is about another statement', 'statement.proof');
  return statement;
}

/** What a tester signed, wherever it stands. Throws Refusal E_CMD_MALFORMED or E_VERSION. */
export async function openTested(signed: Bytes, tester: PublicKey): Promise<Statement> {
  const message = parseSign1(signed, 'conformance', MAX_STATEMENT, CODE);
  const payload = await open1(nodeCrypto, 'conformance', message, tester, CODE);
  const f = Fields.of(
    decodeStrict(payload, 'statement', MAX_STATEMENT),
    'statement',
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [11],
  );
  if (f.uint(1) !== 1) throw new Refusal('E_VERSION', 'statement version', 'statement.1');
  if (f.has(11) && f.uint(11) !== 1) throw new Refusal(CODE, 'no such subject', 'statement.11');
  return {
    subject: f.has(11) ? 'gateway' : 'device',
    kit: f.text(2, 40),
    time: f.uint(3),
    device: f.bytes(4, 8),
    identity: f.bytes(5, 16),
    profile: f.bytes(6, 32),
    firmware: f.bytes(7),
    report: f.bytes(8, 32),
    judgement: JUDGEMENTS[f.uint(9, 2)] ?? 'NOT DECIDED',
    counts: arrayOf(f.value(10), 'statement.10', 5, 5).map((count) => uint(count, 'statement.10')),
  };
}

/** A statement as a person reads it. */
export function statementText(statement: Statement): readonly string[] {
  const { subject, judgement, device, profile, time, kit, counts } = statement;
  const [pass = 0, fail = 0, warn = 0, skip = 0, error = 0] = counts;
  return [
    ...(subject === 'gateway'
      ? [`${judgement}  gateway with the grant key ${hex(statement.identity)}`, `  anchors ${hex(profile)}`]
      : [`${judgement}  device ${hex(device)}`, `  profile ${hex(profile)}`]),
    `  ${pass} passed, ${fail} failed, ${warn} warnings, ${skip} skipped, ${error} not tried`,
    `  signed ${new Date(time * 1000).toISOString()} with kit ${kit}, and in the log`,
  ];
}
