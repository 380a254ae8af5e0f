import type { Reference } from '../../clients/conformance/reference.ts';

/** A device broken in one line, and what the kit has to say about it. */
export interface Broken {
  readonly id: string;
  readonly what: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The case that fails. */
  readonly fails: string;
  /** What that failure says was expected, and what it got. */
  readonly expected: RegExp;
  readonly got: RegExp;
  readonly device: Reference;
}

type Row = readonly [
  id: string,
  what: string,
  find: string,
  replace: string,
  fails: string,
  expected: RegExp,
  got: RegExp,
  device?: Reference,
];

const brokenIn = (file: string, rows: readonly Row[]): readonly Broken[] =>
  rows.map(([id, what, find, replace, fails, expected, got, device = 'pump']) => ({
    id,
    what,
    file,
    find,
    replace,
    fails,
    expected,
    got,
    device,
  }));

const REFUSAL = /a refusal/u;
const APPLIED = /a receipt that says applied/u;
const sdk = (name: string): string => `clients/device/sdk/${name}.ts`;
const protocol = (name: string): string => `server/protocol/${name}.ts`;

/** Every one of these is one line of the device; the kit, which is not broken, finds each. */
// prettier-ignore
export const broken: readonly Broken[] = [
  ...brokenIn(sdk('judge'), [
    ['nonce', 'takes any nonce', '!nonce || !equal(command.nonce, nonce.value)', '!nonce', 'place.nonce', REFUSAL, APPLIED],
    ['device', 'takes commands for other devices', 'if (!equal(command.device, device))', 'if (false)', 'place.device', REFUSAL, APPLIED],
    ['counter-behind', 'takes a counter from the past', 'command.counter !== state.counter + 1', 'command.counter > state.counter + 1', 'place.counter-behind', REFUSAL, APPLIED],
    ['counter-ahead', 'takes a counter from the future', 'command.counter !== state.counter + 1', 'command.counter < state.counter + 1', 'place.counter-ahead', REFUSAL, APPLIED],
    ['patient', 'takes commands for other patients', 'if (!equal(command.patient, state.patient))', 'if (false)', 'place.patient', REFUSAL, APPLIED],
    ['profile', 'takes commands made for another profile', 'if (!equal(command.profile, profileHash))', 'if (false)', 'place.profile', REFUSAL, APPLIED],
    ['settings', 'takes commands that start from other settings', 'if (!equal(command.settings, settingsHash(crypto.sha256, profile, state.settings)))', 'if (false)', 'place.settings', REFUSAL, APPLIED],
    ['companion', 'takes another companion than was signed', '!equal(crypto.sha256(companion), command.companion)', 'false', 'beside.other', REFUSAL, APPLIED],
    ['tier', 'believes the number of signatures', 'tierOf(bench.profile, command, bench.state.settings);', '(bundle.approvals.length === 1 ? 1 : 2);', 'tier.one-for-two', REFUSAL, APPLIED],
    ['mode', 'goes on when it runs', "rearms && state.mode === 'running'", 'false', 'mode.resume', /E_SAFE_STATE/u, /E_INTENT_REQUIRED|applied/u],
    ['grant-late', 'takes commands after their time', 'if (bench.tick > said.notAfterTick)', 'if (false)', 'grant.late', REFUSAL, APPLIED],
    ['grant-command', 'takes a grant for other bytes', 'if (!equal(said.command, hash))', 'if (false)', 'grant.command', REFUSAL, APPLIED],
    ['grant-forged', 'does not verify the grant', 'const grant = await openGrant(bench.crypto, bundle.grant, bench.anchors.grantKeys);', 'const grant = readGrant(bundle.grant);', 'grant.stranger', REFUSAL, APPLIED],
    ['intent-type', 'takes any log entry for an intent', "demand(entry.type === 'intent', 'not an intent');", '', 'proof.type', REFUSAL, APPLIED],
    ['intent-command', 'takes the intent of another command', "demand(entry.command && equal(entry.command, hash), 'announces another command');", '', 'proof.command', REFUSAL, APPLIED],
    ['intent-leaf', 'takes an intent that the grant does not name', "demand(equal(proven.leaf, grant.intentLeaf), 'not the entry the grant names');", '', 'proof.leaf', REFUSAL, APPLIED],
    ['unwitnessed', 'asks for no witness', '? verifyProof : verifyLogged', '? verifyLogged : verifyLogged', 'proof.unwitnessed', REFUSAL, APPLIED],
    ['list-older', 'takes an older revocation list', 'if (status.version < bench.state.statusVersion)', 'if (false)', 'list.older', REFUSAL, APPLIED],
    ['list-jump', 'lets a list jump ahead', 'const MAX_STATUS_STEP = 1000;', 'const MAX_STATUS_STEP = 1e9;', 'list.jump', REFUSAL, APPLIED],
    ['no-budget', 'checks forged grants for ever', 'if (!bench.strangers.spend(bench.tick))', 'if (false)', 'budget.strangers', /it holds/u, /E_GRANT/u],
    ['no-confirm', 'asks for nobody at the device', '&& !confirmedAtDevice()', '&& false', 'accept.stop', REFUSAL, /applied/u],
  ]),
  ...brokenIn(sdk('people'), [
    ['revoked', 'takes revoked credentials', 'checkNotRevoked(credential, revoked);', '', 'credential.revoked', REFUSAL, APPLIED],
    ['role', 'asks for no role', 'checkRole(credential, people.length === 0 ? ROLE.clinician : ROLE.second);', '', 'credential.role', REFUSAL, APPLIED],
    ['expired', 'takes credentials for ever', 'checkInForce(credential, Math.max(now, deviceTime(bench)));', '', 'credential.expired', REFUSAL, APPLIED],
    ['young', 'takes credentials of today for two', 'if (tier === 2 && young', 'if (false && young', 'two.young', REFUSAL, APPLIED],
    ['marks', 'takes credentials marked as weak', 'if (credential.marks !== 0 && !anchors.development)', 'if (false)', 'anchors.marks', REFUSAL, APPLIED],
    ['one-person', 'takes one person for two', 'if (first && second) checkDistinct(first, second);', '', 'two.subject', REFUSAL, APPLIED],
    ['copyable', 'takes a passkey that can be copied', 'challenge, site, tier === 2);', 'challenge, site, false);', 'two.copyable-flag', REFUSAL, APPLIED],
  ]),
  ...brokenIn(sdk('device'), [
    ['nonce-spent', 'spends its nonce on any refusal', 'if (!(error instanceof Refusal) || !standing.grant || standing.kids.length === 0) throw error;', 'if (!(error instanceof Refusal) || !standing.grant || standing.kids.length === 0) { this.#nonce = undefined; throw error; }', 'grant.stranger', /[0-9a-f]{32}/u, /[0-9a-f]{32}/u],
    ['receipts-forgotten', 'keeps no receipts', 'receipts: [...state.receipts, { command: word.command, receipt }].slice(-KEPT_RECEIPTS)', 'receipts: []', 'accept.again', /the same receipt/u, /E_NONCE/u],
    ['unchained', 'does not chain its receipts', 'previous: state.lastReceipt,', 'previous: new Uint8Array(32),', 'accept.one', /[0-9a-f]{64}/u, /0{64}/u],
    ['nonce-new', 'shows another nonce each time', '      alive && this.#nonce\n', '      alive && !this.#nonce\n', 'open.again', /[0-9a-f]{32}/u, /[0-9a-f]{32}/u],
  ]),
  ...brokenIn(sdk('after'), [
    ['list-forgotten', 'keeps no revocation list', '...(status && { statusVersion: status.list.version, revoked: status.list.revoked }),', '', 'accept.list', /\d/u, /\d/u],
    ['window', 'forgets what changed before', 'history: historyAfter(state, readBack, tick, profile),', 'history: [],', 'rates.window', REFUSAL, APPLIED],
  ]),
  ...brokenIn(sdk('doorman'), [
    ['wasteful', 'checks each credential ten times', 'const credential = await openCredential(this.#crypto, certificate, anchors.authorities);', 'for (let i = 0; i < 9; i++) await openCredential(this.#crypto, certificate, anchors.authorities); const credential = await openCredential(this.#crypto, certificate, anchors.authorities);', 'work.tap', /it holds/u, /^\d\d$/u, 'pacemaker'],
    ['far-emergency', 'opens the emergency over the network', "if (contact.kind === 'websocket' && emergency)", 'if (false)', 'message.presence', REFUSAL, /presence/u],
    ['any-link', 'talks to whoever has a credential', "if (!gateway && (credential.roles & ROLE.station) === 0)", 'if (false)', 'tap.clinician', /no session/u, /a session/u, 'pacemaker'],
  ]),
  ...brokenIn(sdk('adopt'), [
    ['anchors-maker', 'strands itself with another maker', 'await openProfile(crypto, held.profile, [next.profileMaker]);', '', 'anchors.maker', REFUSAL, /accepted/u],
  ]),
  ...brokenIn(sdk('slots'), [
    ['flash', 'keeps nothing across a power cut', 'return newest?.record;', 'return undefined;', 'power.state', /./u, /./u],
  ]),
  ...brokenIn(sdk('emergency'), [
    ['emergency-nonce', 'takes an emergency twice', 'if (!equal(command.nonce, bench.state.emergencyNonce))', 'if (false)', 'emergency.nonce', REFUSAL, /receipt/u, 'pacemaker'],
    ['emergency-anybody', 'lets anybody open the emergency', 'checkRole(credential, ROLE.emergency);', '', 'emergency.role', REFUSAL, /receipt/u, 'pacemaker'],
  ]),
  ...brokenIn(sdk('telemetry'), [
    ['telemetry-unchained', 'does not chain what it measures', '    this.#previous = hash;\n', '', 'telemetry.chain', /[0-9a-f]{64}/u, /0{64}/u],
    ['telemetry-seconds', 'tells the time in seconds', 'at: now(), up: Math.floor', 'at: Math.floor(now() / 1000), up: Math.floor', 'telemetry.chain', /it holds/u, /^\d{10}$/u],
    ['telemetry-head', 'signs another frame than it sent', 'const { number, hash } = newest;', 'const { number } = newest, hash = new Uint8Array(32).fill(1);', 'telemetry.head', /[0-9a-f]{64}/u, /(?:01){32}/u],
    ['telemetry-forgets', 'forgets what nobody acknowledged', 'this.#up = true;\n    this.#next = this.#acknowledged + 1;', 'this.#up = true;', 'telemetry.again', /[0-9a-f]{64}/u, /undefined/u],
    ['telemetry-other', 'takes acknowledgements of other sessions', 'if (!equal(answer.session, this.#session)) return answer;', '', 'telemetry.other-session', /[0-9a-f]{64}/u, /undefined/u],
    ['telemetry-ahead', 'takes acknowledgements of what it never sent', 'number <= this.#acknowledged || number > this.#number', 'number <= this.#acknowledged', 'telemetry.ahead', /[0-9a-f]{64}|frames within/u, /undefined|^\d$/u],
  ]),
  ...brokenIn('clients/device/pump.ts', [
    ['telemetry-unit', 'measures in a unit of its own', '  unit,\n  scale,', "  unit: 'ml',\n  scale,", 'telemetry.chain', /a frame, a head/u, /E_CMD_SCHEMA/u],
    ['telemetry-undescribed', 'never says what its numbers mean', 'if (!this.#described) contents.push(', 'if (this.#described && this.#count > 99) contents.push(', 'telemetry.chain', /it holds/u, /handle \d+ in frame 1/u],
  ]),
  ...brokenIn('clients/device/bedside.ts', [
    ['telemetry-crash', 'falls over an answer that is none', "if (!(error instanceof Refusal)) throw error;\n    context.log.warn('telemetry-malformed'", "throw error;\n    context.log.warn('telemetry-malformed'", 'telemetry.malformed', /an answer/u, /closed|connected/u],
  ]),
  ...brokenIn(protocol('limits'), [
    ['range', 'takes values out of range', 'if (!isAllowed(p, value))', 'if (false)', 'limits.above', /E_CMD_LIMIT/u, /E_CMD_RATE_OF_CHANGE|E_DUAL_REQUIRED|applied/u],
    ['joint', 'knows no joint rules', '  checkJointRules(profile, after);\n', '', 'limits.joint', /E_CMD_LIMIT|a refusal/u, /E_DUAL_REQUIRED|applied/u],
    ['drift', 'lets one person lead it anywhere', 'Math.abs(value - past.baseline) > p.drift', 'false', 'rates.drift', REFUSAL, APPLIED],
  ]),
  ...brokenIn(protocol('primed'), [
    ['primed', 'lets a second person be shown the values, whatever its anchors say', 'primedChecks !== true || ', '', 'two.primed', REFUSAL, APPLIED],
  ]),
  ...brokenIn(protocol('approval'), [
    ['no-touch', 'asks for no touch', "demand((flags & FLAG_UP) !== 0, 'nobody touched the passkey');", '', 'approval.no-touch', REFUSAL, APPLIED],
    ['cross-origin', 'reads no further than the origin', '","crossOrigin":false`', '"`', 'approval.cross-origin', REFUSAL, /./u],
  ]),
  ...brokenIn(protocol('encoding/cbor'), [
    ['lax-cbor', 'reads integers in any length', "if (argument < 24) throw new CborError('not the shortest form', start);", 'void start;', 'message.long-integer', REFUSAL, /attestation/u],
  ]),
  ...brokenIn('clients/common/process/crypto.ts', [
    ['high-s', 'takes both spellings of a signature', 'if (!isLowS(signature)) return false;', '', 'grant.high-s', REFUSAL, APPLIED],
  ]),
  ...brokenIn('clients/common/link/link.ts', [
    ['any-gateway', 'talks to any gateway', 'rejectUnauthorized: true,', 'rejectUnauthorized: false,', 'link.stranger', /no connection/u, /a WebSocket/u],
  ]),
];
