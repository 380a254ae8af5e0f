import { type Mutant, mutantsOf } from './mutant.ts';

const DOOR = 'the emergency door of a reader station ';
const LOOPBACK = 'the emergency door on loopback ';
const FIRST = 'the emergency door comes before the gateway ';
const AFTER = 'after an emergency ';
const NEWS = 'emergencies that a tablet tells of ';
const TOLD = 'who is told ';
const REASON = 'the reason of a rescuer ';
const door = 'emergency/door';
const review = 'emergency/review';

/** The emergency door, and what has to happen after somebody used it. */
export const emergencyMutants: readonly Mutant[] = [
  ...mutantsOf('clients/tablet/emergency/emergency.ts', [
    ['door-whose', 'with the device of another patient on the reader, who signs has said whose it is', " || asksWhose(state, offer)) return;", ') return;',
      'page/whose-emergency', 'the emergency, with the device of somebody else on the reader asks no key before the person has said that they go on for them, and then as always'],
  ]),
  ...mutantsOf('clients/tablet/review/reviews.ts', [
    ['news-old', 'whoever signs in is told what is new', '!own && old.value?.has(command) === false', '!own && old.value !== undefined',
      'page/reviews', `${NEWS}are news when they came after the sign-in, until they were seen; those at hand and one’s own are none`],
    ['news-locked', 'and nothing behind a locked screen', " || state.view.peek().at === 'locked') return;", ') return;',
      'page/reviews', `${NEWS}are told of by an event at once, and by nothing behind a locked screen or once nobody is signed in`],
  ]),
  ...mutantsOf('clients/reader/emergency/cache.ts', [
    ['door-role', 'a station learns of people with the emergency role only', 'if ((said.roles & ROLE.emergency) === 0)', 'if (false)',
      door, `${DOOR}knows nobody who was not announced to it with a proof`],
    ['door-proof', 'whose issuance is in the witnessed log', 'await verifyProof(nodeCrypto, proof, this.#anchors);', '',
      door, `${DOOR}knows nobody who was not announced to it with a proof`],
    ['door-revoked', 'and whom no list revokes', 'if (this.#status?.revoked.includes(found.said.serial) === true)', 'if (false)',
      door, `${DOOR}refuses whoever the newest list revokes, and takes no older list`],
    ['door-proofs', 'proofs of before are kept beside those of now', 'const before = same ? held.proofs : older;', 'const before = older;',
      door, `${DOOR}rescues a device that was away while the witness was replaced, and one that was not`],
    ['door-list', 'an older list brings nobody back', 'if (this.#status && list.version < this.#status.version)', 'if (false)',
      door, `${DOOR}refuses whoever the newest list revokes, and takes no older list`],
  ]),
  ...mutantsOf('clients/reader/emergency/door.ts', [
    ['door-bytes', 'the door delivers what it offered', '!equal(offered.command, command)', 'false',
      door, `${DOOR}delivers the bytes it offered, and no others`],
    ['door-before', 'a device that was away while keys were replaced is rescued', "if (!(error instanceof Refusal) || error.code !== 'E_LOG_PROOF' || others.length === 0) throw error;", 'throw error;',
      door, `${DOOR}rescues a device that was away while the witness was replaced, and one that was not`],
    ['door-gone', 'an offer is void when the device is gone', 'this.#offered.delete(card);', '',
      door, `${DOOR}has nothing to offer for another device that lies there meanwhile`],
  ]),
  ...mutantsOf('clients/reader/station.ts', [
    ['door-first', 'the door waits for the gateway’s exchange instead of failing', 'await underWay.get(card);', '',
      'emergency/first', `${FIRST}and waits for the one exchange that is under way, while no other is let in`],
    ['door-alone', 'the gateway is kept away meanwhile', "if (taken.has(session)) throw new ExchangeFailed('busy');", '',
      'emergency/first', `${FIRST}and the gateway does nothing with a card that the door holds`],
  ]),
  ...mutantsOf('clients/reader/emergency/http.ts', [
    ['door-origin', 'only signing pages of the anchors talk to it', 'if (origin !== undefined && allowed(request, options) === undefined)', 'if (false)',
      door, `${LOOPBACK}refuses a page of another origin`],
    ['door-host', 'under its own name', "if ((request.headers.host ?? '').replace(/:\\d+$/u, '') !== hostname)", 'if (false)',
      door, `${LOOPBACK}refuses a name that was rebound to it`],
    ['door-rate', 'as often as a person would', 'if (calls.length >= CALLS_PER_MINUTE)', 'if (false)',
      door, `${LOOPBACK}is asked by a person: a program that asks all the time has to wait`],
  ]),
  ...mutantsOf('server/broker/emergencies.ts', [
    ['e-record', 'a record is believed when the device signed it', 'const receipt = await openReceipt(crypto, receiptBytes, at.device.identity);',
      'const receipt = await openReceipt({ ...crypto, verify: () => Promise.resolve(true) }, receiptBytes, at.device.identity);',
      review, `${AFTER}a record that proves nothing is refused, and confirmed to nobody`],
    ['e-logged-once', 'old news opens no second review', 'if (recall(name)) return;', '',
      review, `${AFTER}nothing of high risk is granted until somebody else has reviewed it, also over a restart`],
    ['review-other', 'whoever rescued does not review it', 'if (isRescuer(at, by, asker))', 'if (false)',
      review, `${AFTER}nothing of high risk is granted until somebody else has reviewed it, also over a restart`],
    ['review-person', 'nor with another of their passkeys', ' || owns(kid)', '',
      'emergency/reviewer', 'the review of an emergency is of another person, whatever passkey they sign with'],
    ['reason-own', 'nobody but the rescuer says why the door was used', 'if (!isRescuer(at, by, asker))', 'if (false)',
      'emergency/reviewer', `${REASON}is theirs alone, with any of their passkeys, about an emergency that waits, and once`],
    ['reason-once', 'and once: what a reviewer has read is not exchanged', "if (this.reason(command)) throw new Refusal('E_SCOPE', 'the reason was given already', 'statement.5.2');", '',
      'emergency/reviewer', `${REASON}is theirs alone, with any of their passkeys, about an emergency that waits, and once`],
    ['review-role', 'an operator or a second clinician does', 'if ((by.credential.roles & asker.roles & (ROLE.operator | ROLE.second)) === 0)', 'if (false)',
      review, `${AFTER}nothing of high risk is granted until somebody else has reviewed it, also over a restart`],
  ]),
  ...mutantsOf('server/broker/emergency-reason.ts', [
    ['reason-words', 'another reason is said in words', "if (reason === 'other' && text.trim() === '')", 'if (false)',
      'emergency/reviewer', `${REASON}is a word of the list, with words of their own where it is another`],
  ]),
  ...mutantsOf('server/gateway/desks/told.ts', [
    ['told-list', 'nobody is said to be told in whose list it does not stand', ' && lists(one))', ')',
      'patients/told', `${TOLD}is whoever has a list, each once, those who may review it and are signed in first; not who did it`],
    ['told-in-force', 'nor who is not certified now', 'if (time < notBefore || time > notAfter || revoked.includes(serial)) continue;', '',
      'patients/told', `${TOLD}is nobody whose credential is over, not in force yet, or revoked`],
  ]),
  ...mutantsOf('server/gateway/desks/glass-room.ts', [
    ['told-heard', 'whoever is said to be told hears of it, also who may not see the device', 'this.#concerns(one, session) || maySee(session, device)', 'maySee(session, device)',
      'patients/told', `${TOLD}of broken glass, is the patient’s team and whoever may review it: those who find it in their list`],
    ['told-team', 'broken glass stands in the list of the patient’s team, and of no other clinician', 'this.#parts.care.hasPatient(subject, { fhirId: patient, devices })', 'true',
      'patients/told', `${TOLD}of broken glass, is the patient’s team and whoever may review it: those who find it in their list`],
  ]),
  ...mutantsOf('server/authorize/posture.ts', [
    ['review-forced', 'nothing of high risk before the review', 'if (device.review && tier === 2)', 'if (false)',
      review, `${AFTER}nothing of high risk is granted until somebody else has reviewed it, also over a restart`],
  ]),
]; // prettier-ignore
