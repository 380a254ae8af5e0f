import type { Anchors } from '../../../server/protocol/anchors.ts';
import type { Proof } from '../../../server/protocol/bundle.ts';
import { type Bytes, equal } from '../../../server/protocol/encoding/bytes.ts';
import { checkInForce, checkNotRevoked, openCredential, ROLE } from '../../../server/protocol/credential.ts';
import type { Crypto } from '../../../server/protocol/crypto.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Request } from '../../../server/protocol/link/wire.ts';
import { Budget, type Work } from './budget.ts';
import { GRACE_SECONDS } from './emergency.ts';
import type { Contact } from './parts.ts';
import type { Bench } from './judge.ts';
import { deviceTime, knownCredential } from './people.ts';
import type { DeviceState } from './state.ts';

/**
 * Handshakes at once, and ticks until one more is earned. They are a budget of their own, so that no stranger can use
 * up what keeps the emergency door open for longer than these few seconds; one costs four agreements and one check.
 */
const HANDSHAKES = { capacity: 20, ticksPerToken: 3 };
const AGREEMENTS = 4;
/** What may be asked in a session that a reader station began alone. */
const WITHOUT_GATEWAY: readonly Request['kind'][] = ['emergency-open', 'emergency'];
/** What may be asked by a gateway that has not shown that it was certified in the open: nothing that tells anything. */
const UNPROVEN: readonly Request['kind'][] = [...WITHOUT_GATEWAY, 'anchors'];

/** Who may begin a session over the air, how often, and about what. */
export class Doorman {
  readonly #crypto: Crypto;
  readonly #work: Work;
  readonly #budget: Budget;
  /** The tap that asked last who this is. */
  #asked: Bytes | undefined;

  constructor(crypto: Crypto, work: Work, tick: number) {
    this.#crypto = crypto;
    this.#work = work;
    this.#budget = new Budget(HANDSHAKES, tick);
  }

  /** Takes the cost of one handshake; false when there were too many. */
  afford(tick: number): boolean {
    if (!this.#budget.spend(tick)) return false;
    this.#work.agreements += AGREEMENTS;
    return true;
  }

  /**
   * One signature for whoever made a handshake: the first in a tap is paid for by that, so that somebody who comes after
   * a flood needs no second turn; each further one costs as much. False when there were too many.
   */
  affordWord(channel: Bytes, tick: number): boolean {
    const again = this.#asked !== undefined && equal(this.#asked, channel);
    this.#asked = channel;
    return !again || this.afford(tick);
  }

  /**
   * The holder of a link credential: a gateway may ask everything, a reader station for the safe mode only. A
   * station's may have run out a while ago, as a clinician's may at the emergency door. Throws Refusal.
   */
  async admit(
    certificate: Bytes,
    anchors: Anchors,
    state: DeviceState,
    tick: number,
  ): Promise<{ readonly x: Bytes; readonly as: 'gateway' | 'station' }> {
    const credential = await openCredential(this.#crypto, certificate, anchors.authorities);
    const gateway = (credential.roles & ROLE.gateway) !== 0;
    if (!gateway && (credential.roles & ROLE.station) === 0)
      throw new Refusal('E_ROLE', 'neither a gateway nor a station', 'credential.roles');
    // Its own time may be behind by as long as nobody came; a credential of later is then no fault.
    const time = Math.max(deviceTime({ state, tick }), credential.notBefore);
    checkInForce(credential, time, gateway ? 0 : GRACE_SECONDS);
    checkNotRevoked(credential, state.revoked);
    return { x: credential.key.raw.slice(0, 32), as: gateway ? 'gateway' : 'station' };
  }

  /**
   * Was a link credential issued in the open, as people's are? An authority alone cannot show that. Resolves with the
   * version of the anchors under which the proof does not hold, with undefined when it does. Throws Refusal E_RATE.
   */
  async prove(credential: Bytes, proof: Proof, bench: Bench): Promise<number | undefined> {
    if (!bench.strangers.spend(bench.tick))
      throw new Refusal('E_RATE', 'too many proofs that prove nothing', 'proof');
    try {
      await knownCredential({ credential, proof }, bench);
    } catch (error) {
      if (error instanceof Refusal) return bench.anchors.version;
      throw error;
    }
    bench.strangers.refund();
    return undefined;
  }
}

/** Throws Refusal E_BREAKGLASS_SCOPE or E_LOG_PROOF for what cannot be asked over this contact. */
export function checkScope({ kind }: Request, contact: Contact): void {
  const emergency = kind === 'emergency' || kind === 'emergency-open';
  if (contact.kind === 'websocket' && emergency)
    throw new Refusal('E_BREAKGLASS_SCOPE', 'the emergency door is in contact only', 'emergency');
  if (contact.kind === 'station' && !WITHOUT_GATEWAY.includes(kind))
    throw new Refusal('E_BREAKGLASS_SCOPE', 'a station by itself asks for the safe mode only', 'message.0');
  if (contact.kind === 'unproven' && !UNPROVEN.includes(kind))
    throw new Refusal('E_LOG_PROOF', 'a gateway that is not known to be certified in the open', 'message.0');
}
