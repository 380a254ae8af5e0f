import type { Authorized } from '../authorize/request.ts';
import type { Proof } from '../protocol/bundle.ts';
import type { Bytes } from '../protocol/encoding/bytes.ts';

/** Evidence that a command stands in the witnessed log: there is no grant without one. */
export class Intent {
  readonly #minted = true;
  readonly authorized: Authorized;
  readonly proof: Proof;
  readonly leaf: Bytes;
  readonly index: number;

  private constructor(authorized: Authorized, proof: Proof, leaf: Bytes) {
    this.authorized = authorized;
    this.proof = proof;
    this.leaf = leaf;
    this.index = proof.index;
  }

  /** Only the recorder calls this, once the entry is durable and has its proof. */
  static mint(authorized: Authorized, proof: Proof, leaf: Bytes): Intent {
    return new Intent(authorized, proof, leaf);
  }

  /** Throws TypeError for anything that was not minted here. */
  static guard(value: Intent): void {
    if (!(#minted in value) || !value.#minted) throw new TypeError('evidence was not minted here');
  }
}
