import { type Mutant, mutantsOf } from './mutant.ts';

const token = 'authenticate/access-token';
const dpop = 'authenticate/dpop';
const keys = 'authenticate/issuer-keys';
const sessions = 'ceremony/sessions';
const tablets = 'ceremony/tablets';
const TOKEN = 'an access token is refused ';
const PROOF = 'a proof of possession ';
const HOSPITAL = 'the tablets of a hospital ';

/** What stands between a token and a session. */
// prettier-ignore
export const tokenMutants: readonly Mutant[] = [
  ...mutantsOf('server/authenticate/access-token.ts', [
    ['tok-typ', 'a token is of the one type', "      typ: 'at+jwt',\n", '',
      token, `${TOKEN}when it is a token of another type`],
    ['tok-alg', 'a token is signed with one of two algorithms', '      algorithms: ALGORITHMS,\n', '',
      token, `${TOKEN}when it names an algorithm of another kind of key`],
    ['tok-iss', 'a token is of the configured issuer', '      issuer: rules.issuer,\n', '',
      token, `${TOKEN}from another issuer, however alike its name`],
    ['tok-aud', 'a token is for this gateway', '      audience: rules.audience,\n', '',
      token, `${TOKEN}when it is meant for somebody else`],
    ['tok-life', 'a token lives five minutes at most', 'expires - issued > MAX_LIFE_SECONDS', 'false',
      token, `${TOKEN}when it lives longer than five minutes`],
    ['tok-kid', 'a token names the key it was signed with', "typeof header['kid'] !== 'string' || ", '',
      token, 'an access token takes its kid for a name and nothing else'],
  ]),
  ...mutantsOf('server/authenticate/jwt-shape.ts', [
    ['tok-members', 'a token brings no key and no rules of its own', 'if (!members.has(name))', 'if (false)',
      token, `${TOKEN}when it says where its key or its rules are, and nothing is fetched`],
    ['tok-spelling', 'a signature has one spelling', "parts[2] !== '' && !isCanonical(parts[2] ?? '')", 'false',
      token, `${TOKEN}in another spelling of the same signature`],
  ]),
  ...mutantsOf('server/authenticate/tokens.ts', [
    ['tok-cached', 'a token that was verified before still ends', 'if (known.expires < now())', 'if (false)',
      keys, 'who talks is asked of each token once, and of each proof and of the time again'],
  ]),
  ...mutantsOf('server/authenticate/jwks.ts', [
    ['iss-metadata', 'metadata speak of the configured issuer', "if (metadata['issuer'] !== issuer)", 'if (false)',
      keys, 'the issuer’s keys are not taken from metadata of another issuer, or over plain HTTP'],
    ['iss-kept', 'keys are not kept for ever while the issuer is away', 'this.#rules.monotonic() - this.#fetched > KEPT_MS', 'false',
      keys, 'the issuer’s keys stay while the issuer is away, for a shift'],
    ['iss-withdrawn', 'whoever kept what old keys verified is told of new ones', '      this.#rules.changed();\n', '',
      keys, 'the issuer’s keys are asked for anew when a token names one that is not known, and not more often than every five seconds'],
    ['iss-cool', 'strangers cannot make the gateway ask the issuer all the time', 'if (now - this.#asked < COOL_DOWN_MS)', 'if (false)',
      keys, 'the issuer’s keys are asked for anew when a token names one that is not known, and not more often than every five seconds'],
  ]),
  ...mutantsOf('server/authenticate/dpop.ts', [
    ['dpop-typ', 'a proof is of its own type', "if (header['typ'] !== 'dpop+jwt')", 'if (false)',
      dpop, `${PROOF}is refused when it is not a proof at all`],
    ['dpop-key', 'a proof is made with the key of the token', "(await calculateJwkThumbprint(jwk, 'sha256')) !== request.jkt", 'false',
      dpop, `${PROOF}is refused for another token, and with another key than the token names`],
    ['dpop-htm', 'a proof is for this method', 'if (htm !== request.method)', 'if (false)',
      dpop, `${PROOF}is refused for another request`],
    ['dpop-htu', 'a proof is for this address', '!isSameUri(htu, request.url)', 'false',
      dpop, `${PROOF}is refused for another request`],
    ['dpop-ath', 'a proof is for this token', 'if (ath !== base64url(rules.sha256(utf8(request.token))))', 'if (false)',
      dpop, `${PROOF}is refused for another token, and with another key than the token names`],
    ['dpop-nonce', 'a proof is over a fresh nonce of ours', '!rules.nonces.accepts(nonce)', 'false',
      dpop, `${PROOF}is refused without one of our nonces, or with an old one`],
    ['dpop-iat', 'a proof was made just now', 'Math.abs(iat * 1000 - now) > WINDOW_MS', 'false',
      dpop, `${PROOF}is refused when it was made half a minute ago, or is to be`],
    ['dpop-jti', 'a proof has an identifier nobody guesses', '!JTI.test(jti)', 'false',
      dpop, `${PROOF}is refused with an identifier that could be guessed, or none`],
    ['dpop-sig', 'a proof is signed', 'await compactVerify(proof, key, { algorithms: ALGORITHMS });', '',
      dpop, `${PROOF}is refused when its own key did not sign it`],
    ['dpop-once', 'a proof counts once', 'rules.seen.take(request.jkt, jti, now + 2 * WINDOW_MS, now);', '',
      dpop, `${PROOF}is not taken twice, however its signature is spelled`],
    ['dpop-private', 'a proof carries no private key', "if (strange !== undefined)", 'if (false)',
      dpop, `${PROOF}is refused when it carries a private key, or no key`],
  ]),
  ...mutantsOf('server/authenticate/nonces.ts', [
    ['nonce-back', 'no nonce comes back when the clock is set back', 'Math.max(this.#slot, Math.floor(this.#now() / SLOT_MS))', 'Math.floor(this.#now() / SLOT_MS)',
      dpop, `${PROOF}is refused with a nonce from before the clock was set back`],
  ]),
  ...mutantsOf('server/authenticate/seen-once.ts', [
    ['seen-room', 'what still counts is not forgotten for want of room', 'count >= this.#rules.mostPerKey || this.#seen.size >= this.#rules.most', 'false',
      dpop, `${PROOF}never forgets what still counts for want of room`],
  ]),
  ...mutantsOf('server/authenticate/challenge.ts', [
    ['fresh-age', 'a sign-in grows old', 'now - authTime <= seconds * 1000', 'true',
      sessions, 'sessions ask for a fresh sign-in: to read once an hour, to sign every five minutes'],
    ['fresh-acr', 'a sign-in was with hardware', 'acr === ACR && ', '',
      sessions, 'sessions ask for a fresh sign-in: to read once an hour, to sign every five minutes'],
  ]),
  ...mutantsOf('server/authenticate/sessions.ts', [
    ['ses-tablet', 'a session is approved for this tablet', 'if (base64url(detail.bytes(1, 32)) !== token.jkt)', 'if (false)',
      sessions, 'sessions open at the tablet they were approved for, and for who signed in there'],
    ['ses-person', 'by who is signed in there', 'if (person.subject !== token.subject)', 'if (false)',
      sessions, 'sessions open at the tablet they were approved for, and for who signed in there'],
    ['ses-scope', 'for no more than the token allows', "if (readableBy(approved).size === 0 || [...approved].some((one) => !token.scope.has(one)))", 'if (false)',
      sessions, 'sessions allow what was approved and what the token allows, never more'],
    ['ses-roles', 'roles are those of credential and token both', 'roles: person.credential.roles & roles,', 'roles,',
      sessions, 'sessions allow what was approved and what the token allows, never more'],
    ['ses-other', 'a token of somebody else carries no session on', '|| session.subject !== token.subject)', ')',
      sessions, 'sessions end with their token, and a newer token of the same person at the same tablet carries them on'],
    ['ses-newer', 'an older token gives nothing back', 'if (token.issued >= session.issued)', 'if (true)',
      sessions, 'sessions end with their token, and a newer token of the same person at the same tablet carries them on'],
    ['ses-token-end', 'a session ends with its token', 'if (held.tokenExpires < now)', 'if (false)',
      sessions, 'sessions end with their token, and a newer token of the same person at the same tablet carries them on'],
    ['ses-one', 'one session for a tablet', 'if (before) this.close(before);', '',
      sessions, 'sessions are one for each tablet: the next one there ends the one before'],
    ['ses-enrolled', 'a session ends when its tablet is taken off', 'if (this.#rules.tablet(held.jkt) !== held.tablet)', 'if (false)',
      tablets, `${HOSPITAL}lose their session at once when they are taken off, and open no other`],
  ]),
  ...mutantsOf('server/gateway/desks/sign-in-desk.ts', [
    ['sign-scope', 'what was approved for reading signs nothing', "if (!live.scope.has('command'))", 'if (false)',
      sessions, 'sessions opened for reading sign nothing'],
    ['sign-fresh', 'who signs has signed in moments ago', 'demandFresh(live, this.#parts.signAge(), this.#parts.now());', '',
      sessions, 'sessions ask for a fresh sign-in: to read once an hour, to sign every five minutes'],
    ['tab-see', 'operators see the tablets', 'if ((roles & ROLE.operator) === 0)', 'if (false)',
      tablets, `${HOSPITAL}are known by their keys, to operators only, each by a signed word that is in the log`],
    ['tab-own', 'a tablet is enrolled by who is signed in', 'if (person.subject !== session.subject)', 'if (false)',
      tablets, `${HOSPITAL}are not enrolled by anybody else, or by a statement of somebody else, or one used before`],
  ]),
  ...mutantsOf('server/authenticate/tablets.ts', [
    ['tab-role', 'operators enrol tablets', 'if ((by.credential.roles & roles & ROLE.operator) === 0)', 'if (false)',
      tablets, `${HOSPITAL}are not enrolled by anybody else, or by a statement of somebody else, or one used before`],
    ['tab-token-role', 'with the role in their token too', 'by.credential.roles & roles & ROLE.operator', 'by.credential.roles & ROLE.operator',
      tablets, `${HOSPITAL}are not enrolled by anybody else, or by a statement of somebody else, or one used before`],
    ['tab-kind', 'a word that takes off enrols nothing', "if (textOf(fields.value(1), 'statement.5.1', 16) !== KIND[kind])", 'if (false)',
      tablets, `${HOSPITAL}have one name and one key each`],
    ['tab-name', 'a name means one key', 'if (this.all.some((tablet) => tablet.name === name))', 'if (false)',
      tablets, `${HOSPITAL}have one name and one key each`],
    ['tab-off', 'a tablet that is taken off opens no session', 'if (!held?.enrolled) throw', 'if (!held) throw',
      tablets, `${HOSPITAL}lose their session at once when they are taken off, and open no other`],
  ]),
  ...mutantsOf('server/gateway/opening/sign-in.ts', [
    ['gw-shift', 'a session lasts as long as the policy says', 'policy().maxMinutes', '720',
      sessions, 'sessions end when the policy says, and when they are closed'],
    ['tab-file', 'a file brings no tablet back', '    if (tablets.met(jkt)) continue;\n', '',
      tablets, `${HOSPITAL}stay off over a restart, whatever the file of the first tablets says`],
    ['tab-file-key', 'a file names the very key that was signed', 'if (taken.jkt !== jkt || taken.name !== name)', 'if (false)',
      tablets, `${HOSPITAL}are not taken from a file without an operator’s word about that very key`],
  ]),
  ...mutantsOf('server/edge/take-apart.ts', [
    ['edge-scheme', 'a token is never a bearer token', 'const TOKEN = /^DPoP (', 'const TOKEN = /^(?:DPoP|Bearer) (',
      'edge/app', 'the HTTP edge asks every route but the open ones for a session, before anything else'],
    ['edge-one-proof', 'a request has exactly one proof', 'const proof = proofs?.length === 1 ? proofs[0] : undefined;', 'const proof = proofs?.[0];',
      'edge/app', 'the HTTP edge asks every route but the open ones for a session, before anything else'],
  ]),
  ...mutantsOf('server/authorize/locks.ts', [
    ['lock-asker', 'who signs a lock is who is signed in', 'if (subject !== asker.subject)', 'if (false)',
      'authorize/locks', 'locks are not set or lifted by a statement of somebody else than is signed in'],
  ]),
];
