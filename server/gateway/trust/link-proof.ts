import type { Issuance } from '../../authenticate/directory.ts';
import type { Proof } from '../../protocol/bundle.ts';
import { hex } from '../../protocol/encoding/bytes.ts';
import type { LiveTrust } from './live-trust.ts';
import type { OwnLink } from '../opening/own-link.ts';
import type { GatewayLog } from '../watch/program-log.ts';

/** Proofs that this gateway's link credential was issued in the open: without one no device on a reader says anything. */
export class LinkProof {
  readonly #live: Pick<LiveTrust, 'link'>;
  readonly #issuance: Issuance;
  readonly #held = new Map<string, { readonly proof: Proof; readonly under: string }>();

  private constructor(live: Pick<LiveTrust, 'link'>, issuance: Issuance) {
    this.#live = live;
    this.#issuance = issuance;
  }

  /** Proves it, if the witnesses answer; otherwise later. */
  static async open(
    live: Pick<LiveTrust, 'link'>,
    issuance: Issuance,
    program: GatewayLog,
  ): Promise<LinkProof> {
    const proof = new LinkProof(live, issuance);
    await proof.prove().catch((error: unknown) => {
      program.warn('link key', { reason: error instanceof Error ? error.message : String(error) });
    });
    return proof;
  }

  /** For the credential in use; undefined while the witnesses have not seen its issuance. */
  get proof(): Proof | undefined {
    return this.#held.get(hex(this.#live.link.certificate))?.proof;
  }

  /** Is it proven under the keys that sign the log and the witnesses that cosign it now? */
  get settled(): boolean {
    const held = this.#held.get(hex(this.#live.link.certificate));
    return held?.under === this.#issuance.under();
  }

  /** Proves what is not proven under the keys of now: the credential in use, or one that is to take its place. */
  async prove({ certificate, credential }: OwnLink = this.#live.link): Promise<void> {
    const [name, under] = [hex(certificate), this.#issuance.under()];
    if (this.#held.get(name)?.under === under) return;
    const { proof, lasting } = await this.#issuance.prove(certificate, credential.serial);
    this.#held.set(name, { proof, under: lasting ? under : '' });
  }
}
