import { type Bundle, encodeBundle } from '../../../server/protocol/bundle.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import type { Request } from '../../../server/protocol/link/wire.ts';
import type { Bench } from '../bench.ts';
import type { BundleChanges } from '../world/bundles.ts';

/** What a case cannot do without. */
export type Need = 'websocket' | 'nfc' | 'restart';

/** One thing a device has to do, or must not do. */
export interface Case {
  /** Group and name, like `proof.other-command`; it never changes its meaning. */
  readonly id: string;
  /** The rule, as a sentence about the device. */
  readonly says: string;
  /** Section of PROTOCOL.md, and the check of section 4 where there is one. */
  readonly section: string;
  readonly needs?: readonly Need[];
  readonly run: (bench: Bench) => Promise<void>;
}

/** A bundle, or a whole request, that must be refused. */
export type Built = Bundle | Request | Bytes;

interface Rejection {
  readonly receipt?: boolean;
  readonly needs?: readonly Need[];
}

/** A case in which exactly one thing is wrong: refused with its code, and nothing moves. */
export const reject = (
  id: string,
  says: string,
  section: string,
  codes: RefusalCode | readonly RefusalCode[],
  build: (bench: Bench) => Promise<Built>,
  { receipt = false, needs }: Rejection = {},
): Case => ({
  id,
  says,
  section,
  ...(needs && { needs }),
  async run(bench) {
    await bench.open();
    const built = await build(bench);
    await bench.refuse(requestOf(built), { codes: typeof codes === 'string' ? [codes] : codes, receipt });
  },
});

const requestOf = (built: Built): Request | Bytes =>
  built instanceof Uint8Array || 'kind' in built ? built : { kind: 'deliver', bundle: encodeBundle(built) };

/** A small change, genuine but for what `changes` says. */
export async function small(bench: Bench, changes: BundleChanges = {}): Promise<Bundle> {
  const wish = await bench.wish(1);
  return bench.bundle({ ...changes, command: { changes: wish, ...changes.command } }, 1);
}

/** A change that takes two people, genuine but for what `changes` says. */
export async function big(bench: Bench, changes: BundleChanges = {}): Promise<Bundle> {
  const wish = await bench.wish(2);
  return bench.bundle({ ...changes, command: { changes: wish, ...changes.command } }, 2);
}

/** The bytes with one bit changed in the byte at `at`; negative counts from the end. */
export function flipped(bytes: Bytes, at: number): Bytes {
  const out = bytes.slice();
  const index = at < 0 ? bytes.length + at : at;
  out[index] = (out[index] ?? 0) ^ 1;
  return out;
}
