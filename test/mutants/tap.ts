import { type Mutant, mutantsOf } from './mutant.ts';

const LISTENED = 'a tap that is listened to ';
const READER = 'a device on a reader ';
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
  ...mutantsOf('server/gateway/contacts.ts', [
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
