import { type Mutant, mutantsOf } from './mutant.ts';

const SECOND = 'the second signer’s own checks ';
const second = 'second/check';
const PAGE = 'the second clinician’s page, in a real browser ';
const KEPT = 'a draft behind a locked screen ';
const kept = 'page/kept-draft';
const KEYPAD = 'N5: the keypad ';
const keypad = 'page/entry';
const CAUTIONS = 'what a clinician has to have seen before they sign ';
const PROOF = 'the proof of an entry in the history ';
const proof = 'page/judge';
const LISTED = 'a device is on a tablet ';
const KNOWN = 'the second signer’s page knows a device ';
const HISTORY = 'the history of a device on the tablet ';
const history = 'page/history';

/** What the pages check themselves, before they show or sign anything: each of the two people by code of their own. */
// prettier-ignore
export const pageMutants: readonly Mutant[] = [
  ...mutantsOf('clients/second/check/signed.ts', [
    ['second-signature', 'the second page verifies each signature itself',
      'if (!(await isBy(signer, covered, bytes(seal, 64))))', 'if (signer === undefined)',
      second, `${SECOND}make of every vector of attestation what the protocol says`],
  ]),
  ...mutantsOf('clients/second/check/device.ts', [
    ['second-person', 'the second page knows whose device it is by the device’s own word',
      'return same(expected, tag);', 'return tag.length === expected.length;',
      second, `${SECOND}know the person by record number and year of birth together`],
    ['second-receipt', 'the second page takes no receipt that contradicts itself',
      "(result === 'refused') !== said.has(3)", 'false',
      second, `${SECOND}make of every vector of receipt what the protocol says`],
  ]),
  ...mutantsOf('clients/second/check/rescue.ts', [
    ['second-rescue', 'what it shows of an emergency is of that emergency', '!same(receipt.command, command) || !same(receipt.device, device.id)', 'false',
      second, `${SECOND}believe of an emergency what the device signed, for exactly that command, and nothing else`],
    ['second-rescue-door', 'and came through the emergency door', "receipt.granted || receipt.result === 'refused'", 'false',
      second, `${SECOND}believe of an emergency what the device signed, for exactly that command, and nothing else`],
  ]),
  ...mutantsOf('clients/second/page/review.ts', [
    ['second-review-own', 'nobody is offered the review of what they did themselves', "...(review.own ? [] : [button(says.sign, form.sign, 'main')])", "button(says.sign, form.sign, 'main')",
      'browser/second-states', 'every state of the second clinician’s page lets nobody sign the review of what they did themselves, and says until when it is due wherever one waits'],
  ]),
  ...mutantsOf('clients/second/page/glass.ts', [
    ['second-glass-open', 'broken glass is reviewed by somebody else, and once it is over', "...(shut === undefined ? [button(review.sign, form.sign, 'main')] : [])", "button(review.sign, form.sign, 'main')",
      'browser/second-states', 'every state of the second clinician’s page lets nobody sign the review of what they did themselves, and says until when it is due wherever one waits'],
  ]),
  ...mutantsOf('clients/second/page/again.ts', [
    ['second-fresh', 'a fresh sign-in is asked for before anything is typed', 'person: 120_000', 'person: -9e9',
      'browser/second', `${PAGE}asks for a fresh sign-in before anything is typed, and goes on at the same change`],
  ]),
  ...mutantsOf('clients/second/page/entry.ts', [
    ['second-differs', 'what differs stands above the fields', '...entries.map(({ element }) => element),', '...entries.map(({ element }) => element), told,',
      'browser/second-states', 'every state of the second clinician’s page says above all fields what differs, where it is seen and read aloud first, and keeps what is the same, in the profile’s order'],
  ]),
  ...mutantsOf('clients/second/main.ts', [
    ['second-called', 'whoever signs second is told that they are called', 'desk.stream.called = () => shell.called();', '',
      'browser/second', `${PAGE}says on every screen that its person is called to another bed, until they have seen it`],
  ]),
  ...mutantsOf('clients/second/gate/presence.ts', [
    ['second-left', 'what somebody asked for is shown to nobody after they left', 'if (began !== this.#people)', 'if (began > this.#people)',
      'browser/second', `${PAGE}says so when the gateway goes away, and shows nothing any more that was asked for before`],
  ]),
  ...mutantsOf('server/authorize/drafts.ts', [
    ['draft-device', 'a change waits for a second person no longer than its device does',
      'Math.min(now + LIMITS.draftLife.max, first.until ?? Number.POSITIVE_INFINITY)', 'now + LIMITS.draftLife.max',
      'ceremony/two-people', 'a change of high risk, by two people is offered for as long as the device waits for it, and no minute longer'],
  ]),
  ...mutantsOf('clients/second/check/log.ts', [
    ['second-witnesses', 'the second page counts the witnesses of the log',
      'if (cosigned.size < quorum)', 'if (quorum < 0)',
      second, `${SECOND}take no outcome that too few witnesses saw, that was changed, or that lies elsewhere in the log`],
    ['second-inclusion', 'the second page proves that the outcome stands in the log',
      'if (!same(await rootFrom(leaf, index, size, siblings), root))', 'if ((await rootFrom(leaf, index, size, siblings)).length === 0)',
      second, `${SECOND}take no outcome that too few witnesses saw, that was changed, or that lies elsewhere in the log`],
  ]),
  ...mutantsOf('clients/second/check/command.ts', [
    ['second-rule', 'the second page holds values that belong together against the maker’s rule',
      'if (broken !== undefined) throw new Objection(broken);', '',
      second, `${SECOND}hold a second entry against the device’s limits before anybody signs it`],
  ]),
  ...mutantsOf('clients/tablet/review/before-safe.ts', [
    ['before-proven', 'what was before an emergency is shown when it is proven', "verdict !== 'VERIFIED' || ", '',
      'page/before-safe', 'what was set before a safe mode is not known when something else was done since, nothing is proven, or the device reads other values'],
    ['before-since', 'and nothing was done since', "if (entry.type === 'outcome' && entry.result !== RESULT.refused) return undefined;", '',
      'page/before-safe', 'what was set before a safe mode is not known when something else was done since, nothing is proven, or the device reads other values'],
    ['before-now', 'and the device is where that emergency left it', 'if (codes.some((code) => readBack.get(code) !== reading.attestation.settings.get(code))) return undefined;', '',
      'page/before-safe', 'what was set before a safe mode is not known when something else was done since, nothing is proven, or the device reads other values'],
  ]),
  ...mutantsOf('clients/tablet/emergency/emergency-says.tsx', [
    ['emergency-zero', 'nobody is told that therapy goes on where a safe setting is zero or off', 'of.risk === 2 && (value === 0 || isOff(of.options.get(value)))', 'of.risk > 2 && isOff(of.options.get(value))',
      'browser/states', 'every state of the tablet emergency: promises that therapy goes on only where no safe setting is zero, and says whom it does not reach'],
  ]),
  ...mutantsOf('clients/tablet/device/blocks.ts', [
    ['blocked-review', 'nobody chooses values that the gateway will refuse until a review', "if (reading.review !== undefined) return 'review';", '',
      'browser/states', 'every state of the tablet lets nobody choose values while a review or the safe mode keeps every change away, and says by when and by whom it goes on'],
  ]),
  ...mutantsOf('clients/tablet/session/kept-draft.ts', [
    ['kept-owner', 'a locked draft is given to its owner alone',
      'this.#sealed?.owner === owner', 'this.#sealed !== undefined',
      kept, `${KEPT}is given to nobody else, and waits for its owner meanwhile`],
    ['kept-time', 'a locked draft waits a quarter of an hour, and no longer',
      'this.#sealed.until < performance.now()', 'this.#sealed.until < 0',
      kept, `${KEPT}is gone after a quarter of an hour`],
  ]),
  ...mutantsOf('clients/tablet/history/past.ts', [
    ['past-purpose', 'what a rescuer says is not taken for a review', "if (purpose === 'review') return", 'if (purpose !== undefined) return',
      history, 'the history of a device on the tablet a review is proven by its digest in the log: another text, or one about another device, has failed'],
    ['history-witnessed', 'an entry of the history counts under a checkpoint of log and witnesses only',
      'sealed && (await', 'checkpoint && (await',
      history, `${HISTORY}an entry has failed that stands elsewhere, is another, or is under a checkpoint nobody cosigned`],
    ['history-placed', 'an entry of the history stands where its path says',
      '(await holds(() => placeProof(crypto, proof)))', 'proof.index >= 0',
      history, `${HISTORY}an entry has failed that stands elsewhere, is another, or is under a checkpoint nobody cosigned`],
    ['history-device', 'an entry of the history is about the device in front of the tablet',
      'if (entry.device) return equal(entry.device, device);', 'if (entry.device) return true;',
      history, `${HISTORY}an entry has failed that is about another device, however well it is proven`],
    ['history-statement', 'what somebody signed is what the log has the digest of',
      '!equal(sha256(signed), entry.digest)', 'entry.digest.length !== 32',
      history, `${HISTORY}a review is proven by its digest in the log: another text, or one about another device, has failed`],
    ['history-statement-device', 'what somebody signed is about the device in front of the tablet',
      'about instanceof Uint8Array && equal(about, device)', 'about instanceof Uint8Array',
      history, `${HISTORY}a review is proven by its digest in the log: another text, or one about another device, has failed`],
  ]),
  ...mutantsOf('clients/tablet/history/judge.ts', [
    ['proof-command', 'an entry is proven by evidence of its own command',
      'if (!about?.command || hex(crypto.sha256(about.command)) !== hash)', 'if (!about?.command)',
      proof, `${PROOF}has failed when it is good proof of another command`],
    ['proof-device', 'an entry is proven by evidence of the device that was read',
      'if (!equal(key.raw, device.raw))', 'if (key.raw.length === 0)',
      proof, `${PROOF}has failed when another device signed it than the one that was read`],
  ]),
  ...mutantsOf('clients/tablet/device/reading.ts', [
    ['page-listed-profile', 'a tablet takes a device with the profile that the authority lists',
      'if (!equal(listing.device.profile, hash))', 'if (hash.length === 0)',
      'page/reading', `${LISTED}with the profile that it is listed with`],
  ]),
  ...mutantsOf('clients/tablet/device/known-lists.ts', [
    ['page-list-older', 'an older list than this tablet has seen shows nobody', 'if (version < newest)', 'if (version < 0)',
      'page/reading', `${LISTED}by no older list than this tablet has seen of the same key`],
  ]),
  ...mutantsOf('clients/second/check/listing.ts', [
    ['second-listing', 'the second page knows a device by the authority’s list',
      'if (!same(found, bytes(said.get(5), 32)))', 'if (found.length === 0)',
      second, `${SECOND}make of every vector of listing what the protocol says`],
  ]),
  ...mutantsOf('clients/second/gate/known.ts', [
    ['second-listed-id', 'by its own row', 'if (!same(listed.device, id))', 'if (id.length === 0)',
      'second/known', `${KNOWN}never by a list of somebody else, the row of another device, or another profile`],
    ['second-listed-profile', 'with the profile it is listed with',
      'if (!same(listed.profile, profile.hash))', 'if (listed.profile.length === 0)',
      'second/known', `${KNOWN}never by a list of somebody else, the row of another device, or another profile`],
  ]),
  ...mutantsOf('clients/second/gate/lists.ts', [
    ['second-list-older', 'and an older list than it has seen shows nobody', 'if (version < newest)', 'if (version < 0)',
      'second/known', `${KNOWN}by no older list than it has seen of the same key`],
  ]),
  ...mutantsOf('clients/tablet/device/reading.ts', [
    ['page-firmware', 'a tablet shows nothing of a device of another firmware',
      'checkFirmware(profile, attestation);', '',
      'page/reading', 'the firmware of a device is one that the maker signed the profile for, or nothing of the device is shown'],
    ['real-simulated', 'a real hospital reads no simulated device',
      "place.environment === 'production' && profile.model.startsWith('SIM-')", 'profile.model === ""',
      'page/reading', 'N11: a tablet of a real hospital reads no simulated device, whoever signed its profile'],
    ['page-wristband', 'a wristband counts for the person whose name is shown', ' && (patient.mrn ?? mrn) === mrn', '',
      'page/reading', 'N1: a device belongs to the patient on a tablet never by the wristband of somebody else, though that one fits the device'],
  ]),
  ...mutantsOf('clients/tablet/change/draft.ts', [
    ['draft-limits', 'a draft is not signed over other limits than it was made by',
      'draft.limits !== limitsNow(reading) || ', '',
      'page/cautions', `${CAUTIONS}is never signed over other limits, or other values, than the draft was made from`],
  ]),
  ...mutantsOf('clients/tablet/command/commanding.ts', [
    ['caution-action', 'what signs looks at the ticks itself, whatever its button showed',
      'if (!screens().allTicked(reading, draft, given.ticked)) return;', '',
      'page/cautions', `${CAUTIONS}is asked for again by what signs: no button makes it sign over one that is not ticked`],
  ]),
  ...mutantsOf('clients/tablet/cautions/cautions.ts', [
    ['caution-tick', 'the key is used when each caution is ticked',
      'return open === 0 ? undefined', 'return open >= 0 ? undefined',
      'page/cautions', `${CAUTIONS}keeps the key away until each of them is ticked; one that says something else is another one`],
    ['caution-ratio', 'five times as much is a caution to tick',
      'changed && needsAgain(parameter, on, proposed)', 'changed && on < 0',
      'page/cautions', `${CAUTIONS}is a value five times as much or as little, for each setting that changes so`],
    ['caution-battery', 'a low battery is a caution by the device’s own word',
      'if (low) return { of, value };', '',
      'page/cautions', `${CAUTIONS}is a battery that is low by the device’s own word: a word of its maker, or a fifth or less`],
  ]),
  ...mutantsOf('clients/second/check/device.ts', [
    ['second-newer', 'the second page takes a device’s word from a newer reading alone',
      'if (now.ticks <= before.ticks)', 'if (now.ticks < 0)',
      'second/check', 'the second signer’s own checks take a device’s word that it is unchanged from a newer reading alone'],
    ['second-counter', 'and a command that it took in between is a change',
      'before.counter === now.counter', 'before.counter > 0',
      'second/check', 'the second signer’s own checks take a device’s word that it is unchanged from a newer reading alone'],
  ]),
  ...mutantsOf('clients/tablet/change/entry.ts', [
    ['key-bounce', 'a key that bounces counts once',
      'last?.key === key && at - last.at < BOUNCE_MS', 'last?.key === key && at < last.at',
      keypad, `${KEYPAD}takes a key that bounces once, and says so: 10 does not become 100`],
    ['tenfold', 'five times as much is entered twice',
      '(value >= 5 * on || on >= 5 * value)', 'value < 0',
      keypad, `${KEYPAD}asks again for five times as much or as little, and for no named value`],
  ]),
  ...mutantsOf('server/gateway/desks/reader-room.ts', [
    ['reader-ward', 'a reader of another ward than the patient’s is not bound',
      "return lies !== '' && lies !== ward;", 'return lies === ward && lies === "";',
      'patients/readers', 'a tablet and its reader stand on a ward: one of another than the patient’s is named, and not bound'],
    ['reader-two', 'nothing is read or sent while more than one thing lies at the reader',
      'if (this.#lying.two(station))\n      throw', 'if (station === "")\n      throw',
      'patients/readers', 'a tablet and its reader are stopped while something else lies there as well: nothing is read and nothing sent until one lies alone'],
  ]),
  ...mutantsOf('server/gateway/devices/lying.ts', [
    ['reader-swap', 'two in one field are known by the swap',
      'if (other && ', 'if (!other && ',
      'patients/readers', 'a tablet and its reader know two in one field by that the reader goes from one to the other faster than people do'],
  ]),
  ...mutantsOf('server/broker/situation.ts', [
    ['firmware-command', 'the gateway sends no command to a device of another firmware',
      '  checkFirmware(profile, attested);\n', '',
      'ceremony/firmware', 'a device with another firmware than its profile is signed for is sent no command: the gateway refuses it before the device is asked'],
  ]),
  ...mutantsOf('clients/host/config.ts', [
    ['host-wristbands', 'a page of a real place offers no wristbands to press',
      "wristbands && environment !== 'simulation'", 'wristbands && environment === undefined',
      'browser/host', 'the configuration of a host has wristbands to press in a simulation, and nowhere else'],
  ]),
  ...mutantsOf('clients/tablet/label/tap-label.ts', [
    ['label-one', 'a tag that says two things says nothing',
      "|| others.length > 0 ", '',
      'page/label', 'the label of a reader, on a tag is nothing else'],
  ]),
  ...mutantsOf('server/gateway/desks/sign-in-desk.ts', [
    ['passkeys-own', 'a token is told of the passkeys of its own person',
      '.filter((person) => person.subject === subject)', '.filter((person) => person.subject !== "")',
      'ceremony/sessions', 'sessions are approved with passkeys that a tablet is told of: those of whoever is signed in, and of nobody else'],
  ]),
];
