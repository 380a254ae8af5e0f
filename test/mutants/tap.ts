import { type Mutant, mutantsOf } from './mutant.ts';

const LISTENED = 'a tap that is listened to ';
const READER = 'a device on a reader ';
const ALONE = `${READER}tells a gateway nothing that cannot show it was certified in the open: an authority alone reads no settings`;
const AWAY = `${READER}that was away while keys were replaced is brought the anchors it missed, and believes the gateway then`;
const BETWEEN = 'a station in between ';
const tap = 'edhoc/tap';
const traces = 'edhoc/traces';

/** The encrypted tap: who may begin it, and what happens to whoever sits in between. */
export const tapMutants: readonly Mutant[] = [
  ...mutantsOf('clients/device/sdk/doorman.ts', [
    ['tap-authority', 'the authority certified whoever begins',
      'openCredential(this.#crypto, certificate, anchors.authorities)',
      'openCredential({ ...this.#crypto, verify: () => Promise.resolve(true) }, certificate, anchors.authorities)',
      tap, `${READER}talks to nobody whom its own authority has not certified`],
    ['tap-role', 'as a gateway or a station, and not as a person', 'if (!gateway && (credential.roles & ROLE.station) === 0)', 'if (false)',
      tap, `${READER}talks to no clinician’s credential`],
    ['tap-force', 'for now', 'checkInForce(credential, time, gateway ? 0 : GRACE_SECONDS);', '',
      tap, `${READER}talks to nobody whose credential has ended`],
    ['tap-grace', 'a station for a while longer', 'gateway ? 0 : GRACE_SECONDS', '0',
      tap, `${READER}takes a station whose credential ended a while ago: patients come when they come`],
    ['tap-revoked', 'and has not revoked it', 'checkNotRevoked(credential, state.revoked);', '',
      tap, `${READER}talks to nobody on the list it holds`],
    ['tap-budget', 'handshakes draw on a budget', 'if (!this.#budget.spend(tick)) return false;', '',
      tap, `${READER}affords so many handshakes, writes nothing for them, and some more after a while`],
    ['tap-word', 'who a device is costs once a tap, and no second turn', 'return !again || this.afford(tick);', 'return this.afford(tick);',
      tap, `${READER}affords so many handshakes, writes nothing for them, and some more after a while`],
    ['tap-again-dear', 'and each further time as much', 'return !again || this.afford(tick);', 'return true;',
      tap, `${READER}affords so many handshakes, writes nothing for them, and some more after a while`],
    ['tap-open', 'a gateway that did not show its issuance is told nothing', "if (contact.kind === 'unproven' && !UNPROVEN.includes(kind))", 'if (false)',
      tap, ALONE],
    ['tap-proven', 'its issuance stands in the log that witnesses saw', 'await knownCredential({ credential, proof }, bench);', '',
      tap, ALONE],
    ['tap-proofs', 'proofs draw on what strangers may cost', 'if (!bench.strangers.spend(bench.tick))', 'if (false)',
      tap, `${READER}pays for proofs that prove nothing from what strangers may cost`],
    ['e-contact', 'the emergency door opens in contact only', "if (contact.kind === 'websocket' && emergency)", 'if (false)',
      'emergency', 'the emergency door opens in contact only'],
    ['tap-station', 'a station alone asks for the safe mode only', "if (contact.kind === 'station' && !WITHOUT_GATEWAY.includes(kind))", 'if (false)',
      tap, `${READER}talks to a station alone about the safe mode, and nothing else`],
  ]),
  ...mutantsOf('server/protocol/edhoc/handshake.ts', [
    ['tap-mac2', 'whoever begins holds the key of its credential', 'if (!equal(mac, expected))', 'if (false)',
      tap, `${READER}talks to nobody who shows somebody else’s credential`],
    ['tap-salt', 'the keys hang on the whole transcript', 'sha256(sequence(x, sha256(message1)))', 'sha256(sequence(x, message1))',
      traces, 'the handshake of RFC 9529, method 3, suite 2 is answered byte for byte by the Responder'],
  ]),
  ...mutantsOf('server/protocol/tap/device-end.ts', [
    ['tap-dies', 'a session dies of its first fault', '    this.reset();\n    return framed(TAP.no, NOTHING);', '    return framed(TAP.no, NOTHING);',
      tap, `${BETWEEN}changes no byte on the way to the device unnoticed, and ends the session by trying`],
  ]),
  ...mutantsOf('clients/device/read-out.ts', [
    ['tap-read-out', 'nor what was measured', 'checkScope(request, contact);', '', tap, ALONE],
  ]),
  ...mutantsOf('server/transport/tap-link.ts', [
    ['tap-missed', 'a device that was away is brought the anchors it missed', 'anchors.has(version)', 'false', tap, AWAY],
    ['tap-unlogged', 'nobody is met before the issuance is in the log', 'if (!proof)', 'if (false)', tap, AWAY],
  ]),
  ...mutantsOf('server/authenticate/directory.ts', [
    ['dir-link', 'what is no person is not announced among people', 'if ((credential.roles & (ROLE.gateway | ROLE.station)) !== 0)', 'if (false)',
      'ceremony/tapped', 'an implant on a reader station is met with a new link key once the authority has certified it, and with the one before until then'],
  ]),
  ...mutantsOf('server/gateway/devices/contacts.ts', [
    ['tap-again', 'a card is met for as long as it lies there', 'if (!PASSING.includes(code)) return;', 'return;',
      'ceremony/tapped', 'an implant on a reader station is met again, without a hand on it, when at first it was asked more often than it can afford'],
  ]),
  ...mutantsOf('server/protocol/tap/seal.ts', [
    ['tap-order', 'no message counts twice', 'let left = this.#number++;', 'let left = this.#number;',
      tap, `${BETWEEN}repeats no message`],
    ['tap-direction', 'each direction has its key', "new Sealing(crypto, session, LABEL.toReader, LABEL.ivToReader)", 'new Sealing(crypto, session, LABEL.toDevice, LABEL.ivToDevice)',
      tap, `${BETWEEN}sends no message back to whom it came from`],
    ['tap-length', 'lengths are alike', 'Math.ceil((message.length + 1) / FILL) * FILL', 'message.length + 1',
      tap, `${LISTENED}cannot be told from another tap of the same device, nor of another one`],
  ]),
]; // prettier-ignore
