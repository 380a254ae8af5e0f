import { type Mutant, mutantsOf } from './mutant.ts';

const bundle = 'verify/bundle';
const TAMPERED = 'an evidence bundle that was tampered with is found out by the check it concerns: ';
const NO_GOOD = 'an evidence bundle that is no good is named and does no harm: ';
const rescue = 'emergency/evidence';
const RESCUE = 'the evidence of an emergency fails for ';
const REVIEW =
  'after an emergency an auditor is shown its reason and its review as the log has them, and no emergency that was reviewed waits for attention';
const bundles = 'ceremony/bundles';
const TAKEN = 'evidence to take away ';

/** What stands between an auditor and evidence that is not what it says. */
// prettier-ignore
export const auditMutants: readonly Mutant[] = [
  ...mutantsOf('server/protocol/verify/bundle.ts', [
    ['bdl-root', 'the entries lead to the root of the checkpoint', ' && equal(root, checkpoint.root)', '',
      bundle, `${TAMPERED}10. an entry of the log, of which no evidence tells`],
    ['bdl-command', 'evidence is of the command it is filed under', "!== hash) return fail('it is the evidence", "=== '') return fail('it is the evidence",
      bundle, `${TAMPERED}16. the evidence, of another command that is in the bundle as well`],
    ['bdl-entries', 'evidence and bundle tell of the same entries', 'if (!stands || !equal(stands, entry))', 'if (false)',
      bundle, `${TAMPERED}17. the entries, of another command`],
    ['bdl-openings', 'names shown are those committed to', 'if (opensAll(crypto.sha256, commitments, parseOpenings(openings)))', 'if (openings)',
      bundle, `${TAMPERED}15. the names, which are not those committed to`],
    ['bdl-nobody', 'keys that nobody vouches for verify nothing', "if (!roots && same.verdict === 'PASS')", 'if (false)',
      bundle, 'an evidence bundle is not verified when nobody vouches for its keys, and leaves nothing to remember'],
    ['bdl-remember', 'only what was verified is remembered', "checkpoint: verdict === 'VERIFIED' ? log.checkpoint : undefined", 'checkpoint: log.checkpoint',
      bundle, 'an evidence bundle is not verified when nobody vouches for its keys, and leaves nothing to remember'],
  ]),
  ...mutantsOf('server/protocol/verify/continuity.ts', [
    ['con-same', 'one size has one root', 'return equal(older.root, newer.root)', 'return older.root.length === newer.root.length',
      bundle, `${TAMPERED}the history, also where a path pretends that it goes on`],
    ['con-path', 'a longer log continues the remembered one', 'if (!verifyConsistency(sha256, proof))', 'if (false)',
      bundle, `${TAMPERED}the history, also where a path pretends that it goes on`],
  ]),
  ...mutantsOf('clients/auditor/story/reviewed.ts', [
    ['rev-purpose', 'what a rescuer says is nobody’s review', 'entry.number === PURPOSE[wanted] &&\n      purpose === wanted &&', '',
      'emergency/review', REVIEW],
    ['rev-digest', 'the words of a review are those whose digest the log has', 'equal(crypto.sha256(signed), entry.digest)', 'true',
      'emergency/review', REVIEW],
    ['rev-command', 'the review is of the emergency it is shown with', 'hex(about) === command', 'true',
      'emergency/review', REVIEW],
    ['rev-kid', 'the reviewer has the key that the log names', 'entry.kids.every((kid) => hex(kid) === by.kid)', 'true',
      'emergency/review', REVIEW],
    ['rev-place', 'a review stands in the witnessed log', 'await placeProof(crypto, proof);', 'void proof;',
      'emergency/review', REVIEW],
  ]),
  ...mutantsOf('server/protocol/verify/fingerprint.ts', [
    ['fpr-typed', 'the keys have the fingerprint that was typed', 'if (own === fingerprint) return anchors;', 'return anchors;',
      bundle, `${TAMPERED}the hospital, by a fingerprint that is not its own`],
  ]),
  ...mutantsOf('server/protocol/verify/bundle-files.ts', [
    ['fil-sum', 'each file is the one that was packed', 'if (hex(sha256(file)) !== sum)', 'if (false)',
      bundle, `${NO_GOOD}a file that was changed, is missing, or that nobody packed`],
    ['fil-more', 'there is no file that nobody packed', 'if (name !== FILE.manifest && !listed.has(name))', 'if (false)',
      bundle, `${NO_GOOD}a file that was changed, is missing, or that nobody packed`],
  ]),
  ...mutantsOf('server/protocol/evidence/evidence-checks.ts', [
    ['evd-tick', 'a grant was used before its last tick', "demand(!late, 'E_GRANT_EXPIRED'", "demand(true, 'E_GRANT_EXPIRED'",
      bundle, `${TAMPERED}6. the grant, whose last tick had passed`],
  ]),
  ...mutantsOf('server/protocol/evidence/emergency-checks.ts', [
    ['eme-door', 'an emergency is the safe mode, without a parameter', "demand(command.changes.size === 0, 'E_CMD_SCHEMA'", "demand(true, 'E_CMD_SCHEMA'",
      rescue, `${RESCUE}a command with a parameter, and for another one than device and log name`],
    ['eme-sign', 'an emergency was signed by its clinician', 'await verifyApproval(', 'void (',
      rescue, `${RESCUE}a signature that was made for other bytes, or by somebody else`],
    ['eme-kids', 'an emergency is of one person, in the receipt too', 'only(need(parts.receipt).kids, approval.kid)', 'true',
      rescue, `${RESCUE}a receipt that names a grant, another state, or other people`],
    ['eme-grant', 'an emergency needed no grant', 'need(parts.receipt).grant === undefined', 'true',
      rescue, `${RESCUE}a receipt that names a grant, another state, or other people`],
    ['eme-safe', 'after an emergency the device is in its maker’s safe state', 'demand(fits(after)', 'demand(true',
      rescue, `${RESCUE}a receipt that names a grant, another state, or other people`],
    ['eme-receipt', 'the receipt of an emergency is for this command', "is(equal(receipt.command, parts.hash)", 'is(true',
      rescue, `${RESCUE}a command with a parameter, and for another one than device and log name`],
  ]),
  ...mutantsOf('server/gateway/desks/records.ts', [
    ['evd-listing', 'evidence says whose key it is, by the authority’s word', 'listing: vouched(device.listing, anchors)', 'listing: undefined',
      'browser/auditor', 'the auditors’ console, on a log of real ceremonies tells a story with both lanes, and makes nine checks itself'],
  ]),
  ...mutantsOf('server/protocol/evidence/evidence-tools.ts', [
    ['evt-listed', 'the key of the device is the one that the authority lists', "demand(fits, 'E_NOT_ENROLLED'", "demand(true, 'E_NOT_ENROLLED'",
      bundle, `${TAMPERED}8. the device, one that the gateway made up, with key, attestation and receipt of its own`],
    ['evt-issued', 'a credential in evidence was announced in the log', "demand(names, 'E_ASSERTION_CRED'", "demand(true, 'E_ASSERTION_CRED'",
      rescue, `${RESCUE}a credential whose issuance is not in the log`],
  ]),
  ...mutantsOf('clients/common/evidence/unzip.ts', [
    ['zip-bomb', 'a zip file does not grow beyond all bounds', 'total > BUNDLE_LIMITS.unpacked || ', '',
      bundle, `${NO_GOOD}a zip bomb, by what it claims and by what it is`],
    ['zip-name', 'a file in a zip leads nowhere else', ' || !NAME.test(name)', '',
      bundle, `${NO_GOOD}names that lead elsewhere, and one name twice`],
    ['zip-twice', 'a name in a zip is there once', 'if (seen.has(name))', 'if (false)',
      bundle, `${NO_GOOD}names that lead elsewhere, and one name twice`],
  ]),
  ...mutantsOf('server/gateway/audit/erasures.ts', [
    ['era-hold', 'nobody is erased under a legal hold', 'if (held)', 'if (false)',
      'ceremony/erasure', 'erasing a person whose time has come waits for a legal hold on the patient or on a command, and is for operators alone'],
    ['era-time', 'nobody is erased before the time of the retention policy is over', 'if (until > now())', 'if (false)',
      'ceremony/erasure', 'erasing a person whose time has not come is refused, with the day from which it is not'],
  ]),
  ...mutantsOf('server/gateway/audit/unmasking.ts', [
    ['unm-log', 'a mask falls after the log says why', 'await this.#parts.log.appendDurable(', 'void (',
      'ceremony/erasure', 'erasing a person whose time has come is not needed to keep a person covered: who unmasks says why, and has a quarter of an hour'],
    ['unm-until', 'a mask comes back', 'if (before > now) return before;', 'if (before > 0) return before;',
      'ceremony/erasure', 'erasing a person whose time has come is not needed to keep a person covered: who unmasks says why, and has a quarter of an hour'],
  ]),
  ...mutantsOf('server/protocol/evidence/evidence-parts.ts', [
    ['evp-absent', 'what was never granted is not called false', 'if (error instanceof Unavailable && error.absent)', 'if (false)',
      'protocol/evidence', 'evidence of one command is neither verified nor failed for a command that was never granted'],
  ]),
  ...mutantsOf('server/gateway/audit/patient-links.ts', [
    ['lnk-until', 'a printed link ends', ' || held.until < now()', '',
      'ceremony/patient-link', 'a patient’s link opens nothing else: another key, an ended one'],
    ['lnk-own', 'a link shows the evidence of its own patient alone', '!isOf(held, bytes)', 'false',
      'ceremony/patient-link', 'a patient’s link shows no evidence of another patient'],
  ]),
  ...mutantsOf('clients/cli/watch.ts', [
    ['mon-root', 'a monitor’s own tree has the root that was signed', 'if (!equal(tree.root(), now.root))', 'if (false)',
      'monitor/monitor', 'a log that is watched from outside is caught serving an old or a changed tile'],
    ['mon-back', 'a monitor notices that the end was cut', 'if (before && before.size > now.size)', 'if (false)',
      'monitor/monitor', 'a log that is watched from outside is caught when its end is cut, and when an old copy is served'],
    ['mon-split', 'two heads of two histories are an alarm', "if (same.verdict === 'FAIL') alarm('split-view'", "if (same.verdict === 'PASS') alarm('split-view'",
      'monitor/monitor', 'a log that is watched from outside is caught when it shows two heads to two auditors'],
    ['mon-signed', 'what nobody signed accuses nobody', '|| !(await this.#signed(note))', '',
      'monitor/monitor', 'a log that is watched from outside is caught when it shows two heads to two auditors'],
    ['mon-stall', 'silence of the witnesses is an alarm', 'if (now - sealed > this.#options.stallSeconds)', 'if (false)',
      'monitor/monitor', 'a log that is watched from outside is caught when nobody witnesses it any more, and when nobody did'],
  ]),
  ...mutantsOf('clients/witness/witness.ts', [
    ['wit-shows', 'a witness shows what it cosigned with its own cosignature', 'signatures: [...ofLog, own]', 'signatures: [...ofLog]',
      'witness/witness', 'A witness cosigns a log that grows, with the time, and shows what it saw last'],
  ]),
  ...mutantsOf('server/gateway/audit/export-text.ts', [
    ['csv-formula', 'no field of an export is a formula', "? `'${oneLine}` : oneLine", '? oneLine : oneLine',
      'audit/index', 'a field of an export that a spreadsheet would take for a formula stays text'],
  ]),
  ...mutantsOf('server/gateway/audit/index-follow.ts', [
    ['aud-whose', 'nobody is shown as the patient of an emergency whose device was given to somebody else', "iif(action = 'associate' AND outcome NOT IN ('refused', 'cancelled'), NULL, patient) AS patient", 'patient',
      'audit/index', 'the audit index takes the patient of an emergency from the command before it, unless that gave the device to somebody else'],
    ['idx-again', 'an index is of the log it was made from', 'if (!this.#continues()) empty(index);', '',
      'audit/index', 'the audit index is made again when the log is another one than it was made from'],
  ]),
  ...mutantsOf('server/gateway/audit/completeness.ts', [
    ['cmp-device', 'only a device’s receipts prove an answer complete', "if (wish.device === undefined)", "if (wish.device === 'none')",
      'ceremony/audit', 'what an auditor reads shows that no receipt of a device is missing, and claims that for nothing else'],
  ]),
  ...mutantsOf('clients/verifier/app.ts', [
    ['ver-memory', 'the page remembers the log it saw', 'remembered: (origin: string) => memory.of(origin),', 'remembered: () => undefined,',
      'browser/verifier', 'the offline verifier, opened from a folder of its own without a network ends as the program does for whatever else somebody is handed'],
    ['ver-turn', 'a verdict is of the file chosen last', 'if (turn !== latest) return;', '',
      'browser/verifier', 'the offline verifier, opened from a folder of its own without a network shows what came of the file chosen last, also when an earlier one takes longer'],
  ]),
  ...mutantsOf('server/gateway/audit/audit-room.ts', [
    ['aud-reads', 'a reading stands in the log', "await this.#log('logRead', person", "if (purpose === '') await this.#log('logRead', person",
      'ceremony/audit', 'what an auditor reads is logged: who read what and why, once for a while, and is for auditors alone'],
    ['aud-role', 'evidence is handed to auditors alone', 'if ((live.roles & ROLE.auditor) === 0)', 'if (false)',
      bundles, `${TAKEN}is for auditors alone, about what there is`],
    ['aud-logged', 'what leaves stands in the log before it leaves', "await this.#log('export', person, `${what}: ${wish.purpose}`, { digest", "if (!digest) await this.#log('export', person, `${what}: ${wish.purpose}`, { digest",
      bundles, `${TAKEN}verifies by itself, is smaller than 50 kB with the page that checks it, and stands in the log with its digest and its purpose`],
  ]),
];
