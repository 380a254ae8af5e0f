import { type Mutant, mutantsOf } from './mutant.ts';

const issuer = 'issuer/issuer';
const authority = 'authority/authority';
const est = 'authority/est';
const fleet = 'authority/fleet';
const serials = 'authority/serials';
const live = 'trust/live';
const witnesses = 'trust/witnesses';
const tapped = 'ceremony/tapped';
const WITNESS =
  'a witness that is replaced joins the anchors, is asked in the place of the old one, and the old one leaves, all while the gateway runs';
const LOG_KEY =
  'keys that are replaced while the gateway runs the log key: anchors name both, the log goes on under the new one, then the old one goes';
const LINK =
  'an implant on a reader station is met with a new link key once the authority has certified it, and with the one before until then';
const LIVE = 'keys that are replaced while the gateway runs ';
const IN = 'the token issuer lets in ';
const OUT = 'the token issuer refuses ';
const AUTHORITY = 'the credentialing authority ';
const FLEET = 'a gateway that is never restarted ';
const ONE = 'one device of the list ';
const SERIALS = 'the numbers of credentials ';
const ALL_END =
  'sessions of one person all end from whatever tablet they stand at: each is told where, it is logged, and no earlier sign-in opens one again';
const EST = 'enrolment over secure transport (curl, openssl) ';

/** What the token issuer and the credentialing authority check. */
// prettier-ignore
export const signInMutants: readonly Mutant[] = [
  ...mutantsOf('clients/issuer/passkeys.ts', [
    ['iss-challenge', 'an answer of a passkey counts once', '    this.#open.delete(purpose);\n    return found', '    return found',
      issuer, `${IN}nobody whose passkey is unknown, of another page, or answered before`],
  ]),
  ...mutantsOf('clients/issuer/accounts.ts', [
    ['iss-counter', 'a passkey of which there may be a copy does not count', 'if (counter <= passkey.counter) return false;', '',
      issuer, `${IN}whoever has a passkey that does not count, and nobody whose counter did not go up: there may be a copy`],
    ['iss-link-old', 'a link is good for a quarter of an hour', 'return link && now < link.expires ? link : undefined;', 'return link;',
      issuer, `${IN}nobody with a link that is too old, guessed, or answered without a check of the person`],
    ['iss-gone', 'who was taken off has no passkey any more', 'for (const { id } of this.passkeysOf(subject)) rmSync(this.#at(\'passkeys\', digest(id)));\n    const known = this.find(subject) !== undefined;\n    rmSync(this.#at(\'accounts\', subject), { force: true });', 'const known = this.find(subject) !== undefined;',
      issuer, 'the token issuer goes on lets a person go: nothing they hold is renewed'],
  ]),
  ...mutantsOf('clients/issuer/app.ts', [
    ['iss-link-once', 'a link registers one passkey', 'if (!accounts.use(secret)) throw', 'if (false) throw',
      issuer, `${IN}whoever registered a passkey with an operator’s link, once`],
    ['iss-origin', 'the sign-in page is asked by itself alone', 'if (request.headers.origin !== origin)', 'if (false)',
      issuer, `${OUT}what another page asks of the sign-in, or no sign-in at all`],
  ]),
  ...mutantsOf('clients/issuer/provider.ts', [
    ['iss-par', 'a request is pushed first', 'requirePushedAuthorizationRequests: true', 'requirePushedAuthorizationRequests: false',
      issuer, `${OUT}a request that was not pushed`],
    ['iss-resource', 'tokens are for one gateway', 'if (resource !== config.audience)', 'if (false)',
      issuer, `${OUT}a pushed request with another resource`],
    ['iss-details', 'details are of a kind that is known', 'if (!DETAIL.safeParse(detail).success)', 'if (false)',
      issuer, `${OUT}a pushed request with details with more in them`],
  ]),
  ...mutantsOf('server/authenticate/access-token.ts', [
    ['tok-details', 'a token narrowed in a way nobody knows is refused', "detail['type'] !== 'countersign-devices' || ", '',
      'authenticate/access-token', 'an access token is refused when a claim is of another shape'],
  ]),
  ...mutantsOf('server/gateway/desks/sign-in-desk.ts', [
    ['sign-devices', 'a token narrowed to devices signs for no other', 'if (live.devices && !live.devices.has(hex(parseCommand(command).device)))', 'if (false)',
      'ceremony/sessions', 'sessions narrowed to one device see and sign for no other'],
  ]),
  ...mutantsOf('server/authenticate/signed-out.ts', [
    ['out-later', 'a sign-in from before all sessions were ended counts no more', 'if (since !== undefined && Math.floor(authTime / SECOND) < since)', 'if (false)',
      'ceremony/sessions', ALL_END],
    ['out-kept', 'not after a restart either', 'new Map(kept ? decoded(kept) : [])', 'new Map<string, number>()',
      'ceremony/sessions', ALL_END],
  ]),
  ...mutantsOf('server/authenticate/sessions.ts', [
    ['out-all', 'all sessions of a person end, and no other’s', 'filter((held) => held.subject === subject)) {\n      this.close(one);', 'filter((held) => held.subject === subject)) {',
      'ceremony/sessions', ALL_END],
  ]),
  ...mutantsOf('server/edge/sockets/stream-socket.ts', [
    ['out-told', 'whose tablet is told at once', 'this.#unheld = this.#rules.desk.signIn.onEndOfAll(session, (tablet) => this.#signedOut(tablet));', '',
      'edge/stream', 'the stream tells every tablet of a person who signed out everywhere at which tablet that was, and closes'],
  ]),
  ...mutantsOf('server/gateway/desks/reach.ts', [
    ['see-devices', 'and sees no other', 'if (session.devices?.has(id) === false) return false;', '',
      'ceremony/sessions', 'sessions narrowed to one device see and sign for no other'],
  ]),
  ...mutantsOf('clients/authority/authority.ts', [
    ['auth-one', 'a key is certified for one person', 'if (same && !equal(same.credential.subject, content.subject))', 'if (false)',
      authority, `${AUTHORITY}does not certify a key for a second person, a name for a second key, or nonsense`],
    ['auth-name', 'a name stands for one key', 'if (held.some(({ file }) => file === target))', 'if (false)',
      authority, `${AUTHORITY}does not certify a key for a second person, a name for a second key, or nonsense`],
    ['auth-version', 'each list has the next number', 'const version = (held?.version ?? 0) + 1;', 'const version = held?.version ?? 1;',
      authority, `${AUTHORITY}revokes with the next list, and the running gateway ends the session and refuses the command`],
  ]),
  ...mutantsOf('clients/authority/serials.ts', [
    ['serial-kinds', 'one row of numbers for people, gateways and stations', "export const KINDS = ['credentials', 'links'] as const;", "export const KINDS = ['credentials'] as const;",
      serials, `${SERIALS}are never those of a gateway or a station, however many people there are`],
    ['serial-kept', 'a number that was given does not come back', 'Math.max(this.#last(), ...held)', 'Math.max(0, ...held)',
      serials, `${SERIALS}are not given a second time, not when what had one is gone, not after a restart, not when one is revoked`],
    ['serial-gone', 'nor does one that was revoked', 'while (gone.has(serial)) serial += 1;', '',
      serials, `${SERIALS}are not given a second time, not when what had one is gone, not after a restart, not when one is revoked`],
  ]),
  ...mutantsOf('clients/authority/anchors-admin.ts', [
    ['anc-two', 'anchors are published when both keys have signed the next version', 'const opened = await openNextAnchors(nodeCrypto, bytes, present);', 'const opened = readAnchors(nodeCrypto, bytes);',
      authority, `${AUTHORITY}with new anchors draws them up, has two people sign what they see, and the devices hear of it through the gateway`],
  ]),
  ...mutantsOf('server/fleet/published.ts', [
    ['pull-chain', 'anchors are taken when they follow from those in force', 'const taken = await openNextAnchors(crypto, bytes, present);', 'const taken = { ...present, version: present.version + 1 };',
      authority, `${AUTHORITY}gone or lying is believed only by its signature: a list of somebody else, or an older one, is left aside`],
  ]),
  ...mutantsOf('clients/authority/tree.ts', [
    ['auth-tree', 'only what is published is given out', 'if (!FILE.test(path)) return MISSING;', '',
      authority, `${AUTHORITY}publishes its tree and nothing else, and takes nothing`],
  ]),
  ...mutantsOf('server/fleet/published.ts', [
    ['pull-newer', 'an older list is left aside', 'if (before && next.version <= before.version)', 'if (false)',
      authority, `${AUTHORITY}gone or lying is believed only by its signature: a list of somebody else, or an older one, is left aside`],
    ['pull-signed', 'a list is taken for its signature', 'if (path === STATUS) await expectNewer((list) => openStatus(crypto, list, authorities), bytes, held);', 'if (path === STATUS) {}',
      authority, `${AUTHORITY}gone or lying is believed only by its signature: a list of somebody else, or an older one, is left aside`],
  ]),
  ...mutantsOf('server/gateway/opening/memory.ts', [
    ['proof-anew', 'credentials are proven by witnesses that still count', '(await this.#witnessing.vouched(proof))', '(true)',
      witnesses, WITNESS],
  ]),
  ...mutantsOf('server/gateway/trust/live-trust.ts', [
    ['live-chain', 'anchors that come while it runs are signed by both keys', 'next = await openNextAnchors(nodeCrypto, step, next);', 'next = readAnchors(nodeCrypto, step);',
      live, `${LIVE}not by a whole history of somebody else, however well it is signed in itself`],
    ['live-log', 'a witness that is asked goes on counting while it runs', 'if (!this.#keepsEvidence(next))', 'if (false)',
      live, `${LIVE}not by anchors under which a witness that is asked counts no more: they wait for a start`],
    ['live-recovery', 'anchors that forget a witness who is asked are not taken up while running', 'counted.every(({ vkey }) => witnesses.vkeys.includes(vkey))', 'true',
      live, `${LIVE}not by anchors under which a witness that is asked counts no more: they wait for a start`],
    ['live-grant', 'a grant key that no device trusts is not taken', 'if (!this.#anchors.grantKeys.some(({ kid }) => equal(kid, signer.key.kid)))', 'if (false)',
      live, `${LIVE}the grant key: first the devices know the new one, then the gateway uses it, then the old one goes`],
    ['live-log-key', 'nor a log key', 'if (!signsLog(this.#anchors.log, signer))', 'if (false)', live, LOG_KEY],
    ['live-log-kept', 'anchors that drop the log key in use are not taken up', 'signsLog(log, this.#logKey) &&', '', live, LOG_KEY],
    ['live-settled', 'nor those that drop a key which credentials are still proven under', 'if (!this.#keepsAll(next) && !settled())', 'if (false)', live, LOG_KEY],
    ['live-named', 'witnesses that the anchors do not name are not asked alone', 'if (counted.length < k)', 'if (false)', witnesses, WITNESS],
    ['live-certified', 'a link key is taken when the authority has certified it', 'await openCredential(nodeCrypto, link.certificate, this.authorities);', '', tapped, LINK],
  ]),
  ...mutantsOf('server/gateway/opening/own-link.ts', [
    ['link-own', 'a link credential is for the link key', 'if (credential && equal(credential.key.raw.slice(0, 32), key.x))', 'if (credential)', tapped, LINK],
  ]),
  ...mutantsOf('server/audit/cosigning.ts', [
    ['follow-answer', 'witnesses that do not answer take nobody’s place', 'if (peers.length - silent.length < this.#k)', 'if (false)', witnesses, WITNESS],
  ]),
  ...mutantsOf('server/gateway/desks/records.ts', [
    ['then-anchors', 'what was done before a key was replaced is proven as it was', 'const { bytes: anchors, present } = this.#anchors(entry.intentIndex);', 'const { bytes: anchors, present } = this.#anchors(Infinity);',
      live, `${LIVE}the grant key: first the devices know the new one, then the gateway uses it, then the old one goes`],
  ]),
  ...mutantsOf('clients/witness/witness.ts', [
    ['wit-key', 'a witness knows the keys of a log it was told, and no other', 'if (own === undefined) continue;', 'if (own === undefined) return true;',
      'witness/witness', 'A witness follows a log that changes its key: under either while both are named, then under the new one alone'],
  ]),
  ...mutantsOf('clients/authority/est.ts', [
    ['est-peer', 'who asks shows a certificate', '|| !socket.authorized)', ')',
      est, `${EST}refuses who shows no certificate or one of somebody else, and what is no honest request`],
    ['est-ours', 'a first certificate takes the maker’s, the next one ours', 'if (peer.ours === enrolling)', 'if (false)',
      est, `${EST}renews for the same device and nobody else, with the certificate of this hospital`],
    ['est-ended', 'an ended certificate renews nothing', 'if (ours && enrolled.ended(serialNumber))', 'if (false)',
      est, `${EST}publishes a CRL that openssl takes, and lets an ended certificate renew nothing`],
  ]),
  ...mutantsOf('clients/authority/device-ca.ts', [
    ['est-possession', 'a request is signed by its own key', 'if (!(await request.verify()))', 'if (false)',
      est, `${EST}refuses who shows no certificate or one of somebody else, and what is no honest request`],
  ]),
  ...mutantsOf('clients/authority/enrolments.ts', [
    ['est-same', 'a request is for who asks', 'if (request.id !== peer.id || request.serial !== peer.serial)', 'if (false)',
      est, `${EST}renews for the same device and nobody else, with the certificate of this hospital`],
    ['est-identity', 'the identity key gets no second purpose', 'if (request.keyHash === peer.keyHash)', 'if (false)',
      est, `${EST}refuses who shows no certificate or one of somebody else, and what is no honest request`],
    ['est-request', 'an operator’s word is about this very request', "if (hex(word.request) !== id) throw", 'if (false) throw',
      est, `${EST}lets a device wait until an operator has signed for this very request, then gives it 90 days`],
    ['est-key', 'and about the key that the device shows', "if (word.kind === 'device certificate' && !equal(word.identity, nodeCrypto.sha256(peer.coseKey)))", 'if (false)',
      est, `${EST}lets a device wait until an operator has signed for this very request, then gives it 90 days`],
    ['est-refused', 'who refused it has the last word', "if (word.kind === 'device refused') return 'refused';", "if (word.kind === 'device refused') continue;",
      est, `${EST}gives nothing to whom an operator refused, whoever approves it too`],
    ['est-two', 'another key of a known device takes two operators', 'known && known.identity !== hex(peer.coseKey) ? 2 : 1', '1',
      fleet, `${FLEET}takes another key of a known device when two operators have signed for it, and then only reads it`],
    ['est-posture', 'and is only read at first', "before?.identity === identity ? before.posture : 'monitor-only'", "'enrolled'",
      fleet, `${FLEET}takes up a device that an operator let in, in monitor-only, and says so in the log`],
  ]),
  ...mutantsOf('clients/authority/words.ts', [
    ['est-operator', 'an operator approves', 'checkRole(credential, ROLE.operator);', '',
      est, `${EST}lets a device wait until an operator has signed for this very request, then gives it 90 days`],
  ]),
  ...mutantsOf('server/gateway/trust/fleet.ts', [
    ['fleet-older', 'an older list than the one in force is not taken', 'if (listed.version < kept)', 'if (false)',
      fleet, `${FLEET}believes the authority’s signature and the newest number alone`],
    ['fleet-files', 'who once had a signed list takes no other', 'if (memory.recall(VERSION)) return true;', '',
      fleet, `${FLEET}knows after a restart what it knew: the list, and nothing of files that nobody signed`],
  ]),
  ...mutantsOf('server/protocol/fleet/listing.ts', [
    ['listing-signed', 'a device is shown by a root that the authority signed',
      "const payload = await open1(crypto, 'fleet-root', message, issuer, CODE);", 'const { payload } = message;',
      'protocol/fleet', `${ONE}is not there with any byte of its row, place, path or root changed`],
    ['listing-of', 'and is the device that was asked for',
      'if (!equal(listing.device.id, device))', 'if (device.length === 0)',
      'page/reading', 'a device is on a tablet never one that the gateway made up: its own key, its own list, another device’s row, or none'],
    ['listing-row', 'and stands in the list of that root',
      'if (!verifyInclusion(crypto.sha256, { index, size: rows, leaf, path, root }))', 'if (leaf.length === 0)',
      'protocol/fleet', `${ONE}is not there with any byte of its row, place, path or root changed`],
  ]),
  ...mutantsOf('server/protocol/fleet/fleet.ts', [
    ['fleet-root', 'a list goes with its own root',
      'if (fleet.root) checkRoot(', 'if (fleet.root?.length === 0) checkRoot(',
      'protocol/fleet', `${ONE}goes with its own list: one whose root is of other rows, or of another number, is refused`],
    ['fleet-signed', 'the list is signed by the authority', "parseFleet(crypto, await open1(crypto, 'fleet', message, issuer, CODE))", 'parseFleet(crypto, message.payload)',
      'protocol/fleet', 'the list of devices and stations counts when the authority signed it as a list, and as nothing else'],
    ['fleet-twice', 'a certificate belongs to one', "if (new Set(all).size < all.length)", 'if (false)',
      'protocol/fleet', 'the list of devices and stations is refused with one certificate of two devices'],
  ]),
];
