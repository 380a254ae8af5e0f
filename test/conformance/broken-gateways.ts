/** A gateway broken in one line, and what the kit has to say about it. */
export interface BrokenGateway {
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
}

type Row = readonly [
  id: string,
  what: string,
  find: string,
  replace: string,
  fails: string,
  expected: RegExp,
  got: RegExp,
];

const brokenIn = (file: string, rows: readonly Row[]): readonly BrokenGateway[] =>
  rows.map(([id, what, find, replace, fails, expected, got]) => ({
    id,
    what,
    file: `server/${file}.ts`,
    find,
    replace,
    fails,
    expected,
    got,
  }));

const HANG_UP = /the gateway to hang up/u;
const STAYS = /stays in contact|it goes on/u;
const ACKNOWLEDGED = /an acknowledgement of frame/u;
const OFF = /a refusal with E_TELEMETRY/u;

/** Every one of these is one line of the gateway; the kit, which is not broken, finds each. */
// prettier-ignore
export const brokenGateways: readonly BrokenGateway[] = [
  ...brokenIn('edge/sockets/device-socket', [
    ['old-tls', 'speaks TLS 1.2', "minVersion: 'TLSv1.3' as const", "minVersion: 'TLSv1.2' as const", 'door.tls', /undefined/u, /TLSv1\.2/u],
    ['any-path', 'takes any path for the devices’ door', "throw new Refusal('E_ROUTE', 'no such door');", "return '/device';", 'door.path', /no connection/u, /a WebSocket/u],
  ]),
  ...brokenIn('edge/sockets/upgrade', [
    ['subprotocol', 'does not look at the subprotocol', "if (!offered.some((one) => one.trim() === subprotocol)) {", 'if (false) {', 'door.no-subprotocol', /no connection/u, /a WebSocket/u],
    ['compression', 'compresses', 'perMessageDeflate: false,', 'perMessageDeflate: true,', 'door.open', /^$/u, /permessage-deflate/u],
  ]),
  ...brokenIn('fleet/registry', [
    ['unenrolled', 'takes any certificate of the authority for the first device', 'return this.#byFingerprint.get(fingerprint);', "return this.#byFingerprint.get(fingerprint) ?? [...this.#byId.values()].find(({ transport }) => transport === 'websocket');", 'door.unenrolled', /no connection/u, /a WebSocket/u],
  ]),
  ...brokenIn('edge/sockets/socket-channel', [
    ['text', 'reads over text', "return this.end('it sent text', 1003);", 'return;', 'door.text', /^$/u, /^$/u],
  ]),
  ...brokenIn('broker/bedside', [
    ['device', 'takes the word of another device', 'if (!equal(attestation.device, this.device.id)) {', 'if (false) {', 'attest.device', HANG_UP, STAYS],
    ['channel', 'takes an attestation from another channel', 'if (!equal(attestation.channel, channel))', 'if (false)', 'tap.channel', /go no further/u, /it asks/u],
    ['channel-wire', 'takes an attestation of a channel on a link that has none', 'if (!equal(attestation.channel, channel))', 'if (false)', 'attest.channel', HANG_UP, STAYS],
  ]),
  ...brokenIn('protocol/encoding/cose', [
    ['unprotected', 'reads over headers that nobody signed', "Fields.of(unprotected, `${what}.unprotected`, [], [], code);", '', 'attest.unprotected', HANG_UP, STAYS],
    ['signature', 'does not verify signatures of machines', 'if (!(await crypto.verify(key, signed, message.signature))) {', 'if (false) {', 'attest.signature', HANG_UP, STAYS],
  ]),
  ...brokenIn('protocol/encoding/fields', [
    ['foreign-field', 'reads over fields that do not belong', 'if (!required.includes(key) && !optional.includes(key)) {', 'if (false) {', 'attest.field', HANG_UP, STAYS],
  ]),
  ...brokenIn('protocol/encoding/cbor', [
    ['trailing', 'reads over bytes after the end', 'const value = reader.value(0);\n  if (reader.at !== bytes.length)', 'const value = reader.value(0);\n  if (false)', 'attest.trailing', HANG_UP, STAYS],
    ['spelling', 'takes long integers', "if (argument < 2 ** (4 * width)) throw new CborError('not the shortest form', start);", '', 'attest.spelling', HANG_UP, STAYS],
  ]),
  ...brokenIn('transport/websocket-link', [
    ['unasked', 'reads over what nobody asked for', "lose('a message that nobody asked for');", '', 'attest.unasked', /^$/u, /^$/u],
  ]),
  ...brokenIn('transport/station-link', [
    ['label', 'takes any label', 'if (message.label !== expected)', 'if (false)', 'station.label', /^$/u, /^$/u],
    ['station-answer', 'takes answers to requests it never made', 'if (request > lastRequest || request === 0)', 'if (false)', 'station.answer', /^$/u, /^$/u],
  ]),
  ...brokenIn('monitor/chain', [
    ['gap', 'takes frames with a gap', 'if (number !== this.number + 1)', 'if (false)', 'telemetry.gap', OFF, ACKNOWLEDGED],
    ['chain', 'does not look at the chain', 'if (this.#hash !== undefined && !equal(frame.previous, this.#hash))', 'if (false)', 'telemetry.chain', OFF, ACKNOWLEDGED],
    ['other-again', 'takes another frame for one it has', 'if (this.#ring.is(number, hash) === false)', 'if (false)', 'telemetry.other-again', OFF, ACKNOWLEDGED],
    ['future', 'takes measurements from the future', 'if (at > now + LIMITS.telemetryAhead.max)', 'if (false)', 'telemetry.future', /E_CLOCK/u, ACKNOWLEDGED],
    ['stale', 'takes measurements of last week', 'if (at < now - LIMITS.telemetryAge.max)', 'if (false)', 'telemetry.stale', /E_CLOCK/u, ACKNOWLEDGED],
    ['undescribed', 'takes numbers without a meaning', 'if (!metric || metric.period > 0', 'if (metric && metric.period > 0', 'telemetry.undescribed', OFF, ACKNOWLEDGED],
    ['head-frame', 'takes a head of another frame', 'if (this.#ring.is(number, hash) !== true)', 'if (false)', 'telemetry.head-frame', OFF, /nothing/u],
  ]),
  ...brokenIn('monitor/intake', [
    ['head-device', 'takes a head of another device', 'if (!equal(head.device, bed.device.id))', 'if (false)', 'telemetry.head-device', /E_DEVICE_IDENTITY/u, /nothing/u],
    ['over', 'takes a session that is over', 'if (isKnownSession(this.#parts.store, bed.device.id, session))', 'if (false)', 'telemetry.over', OFF, /nothing/u],
    ['early', 'acknowledges what never came', "kind: 'stored', session: bed.chain.session, number: bed.stored }", "kind: 'stored', session: bed.chain.session, number: bed.stored + 1 }", 'telemetry.stored', /^\d+$/u, /^\d+$/u],
    ['acknowledges', 'acknowledges what it refuses', "encodeToDevice({ kind: 'refused', ...about, code, field })", "encodeToDevice({ kind: 'stored', ...about, code, field })", 'telemetry.malformed', /E_CMD_MALFORMED/u, ACKNOWLEDGED],
  ]),
  ...brokenIn('broker/granted', [
    ['grant-nonce', 'grants for another session', 'nonce: who.command.nonce,', 'nonce: random(16),', 'command.one', /^[0-9a-f]{32}$/u, /^[0-9a-f]{32}$/u],
    ['grant-command', 'grants another command', 'command: who.hash,', 'command: random(32),', 'command.one', /^[0-9a-f]{64}$/u, /^[0-9a-f]{64}$/u],
    ['grant-leaf', 'grants without naming the intent', 'intentLeaf: intent.leaf,', 'intentLeaf: random(32),', 'command.one', /^[0-9a-f]{64}$/u, /^[0-9a-f]{64}$/u],
    ['grant-life', 'grants for a day', 'const GRANT_TICKS = 30;', 'const GRANT_TICKS = 86_400;', 'command.one', /it holds/u, /last tick \d+/u],
  ]),
  ...brokenIn('broker/delivered', [
    ['receipt', 'takes a receipt for another command', 'if (!equal(receipt.command, entry.command) || !equal(receipt.device, id)) {', 'if (!equal(receipt.device, id)) {', 'answer.other-command', /unknown/u, /sealed/u],
    ['receipt-device', 'takes a receipt of another device', 'if (!equal(receipt.command, entry.command) || !equal(receipt.device, id)) {', 'if (!equal(receipt.command, entry.command)) {', 'answer.other-device', /unknown/u, /sealed/u],
  ]),
  ...brokenIn('authenticate/authenticate', [
    ['approval', 'does not verify what people sign', 'await verifyApproval(crypto, approval, person.credential.key, challenge, site, deviceBound);', 'void [verifyApproval, challenge, deviceBound];', 'sign.signature', /^\d+$/u, /^\d+$/u],
  ]),
  ...brokenIn('broker/situation', [
    ['patient', 'delivers to another patient', 'if (!equal(command.patient, attested.patient))', 'if (false)', 'sign.patient', /^\d+$/u, /^\d+$/u],
    ['counter', 'delivers out of the sequence', 'if (command.counter !== attested.counter + 1)', 'if (false)', 'sign.counter', /^\d+$/u, /^\d+$/u],
    ['settings', 'delivers what started from other settings', 'if (!equal(command.settings, settingsHash(sha256, profile, attested.settings))) {', 'if (false) {', 'sign.settings', /^\d+$/u, /^\d+$/u],
    ['limits', 'delivers beyond the limits', 'checkChanges(profile, command, attested.settings, fresh, tier);', 'void [checkChanges, fresh];', 'sign.limit', /E_CMD_LIMIT/u, /awaiting-second/u],
  ]),
  // Last: what it takes, the gateway that is mended does not read.
  ...brokenIn('protocol/telemetry/telemetry-content', [
    ['unit', 'guesses units', 'if (!UNITS.includes(metric.unit) || metric.unit !== meant)', 'if (!UNITS.includes(metric.unit))', 'telemetry.unit', /E_CMD_SCHEMA/u, ACKNOWLEDGED],
  ]),
];
