import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bedside } from '../../broker/bedside.ts';
import { type Anchors, openNextAnchors, readAnchors } from '../../protocol/anchors.ts';
import { type Bytes, equal } from '../../protocol/encoding/bytes.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { Conversation } from '../../transport/conversation.ts';

/** Every version of the anchors that is known here, each signed by the keys of the one before. */
export type AnchorsByVersion = ReadonlyMap<number, Bytes>;

/**
 * Reads `anchors/VERSION.bin` beside the anchors in force: what a device that was away needs, in order. Throws Error
 * naming the file when one is not what its name says, does not follow from the one before, or the newest is not the one
 * in force.
 */
export async function readHistory(
  folder: string,
  present: { readonly anchors: Anchors; readonly bytes: Bytes },
  crypto: Crypto,
): Promise<AnchorsByVersion> {
  const known = new Map<number, Bytes>();
  const names = await readdir(join(folder, 'anchors')).catch(() => []);
  const versions = names.flatMap((name) => (/^\d{1,9}\.bin$/u.test(name) ? [Number.parseInt(name, 10)] : []));
  for (const version of versions.toSorted((a, b) => a - b)) {
    const file = join(folder, 'anchors', `${version}.bin`);
    const bytes = new Uint8Array(await readFile(file));
    const before = known.get(version - 1);
    try {
      const { version: said } = before
        ? await openNextAnchors(crypto, bytes, readAnchors(crypto, before))
        : readAnchors(crypto, bytes);
      if (said !== version || (known.size > 0 && !before))
        throw new Refusal('E_ANCHORS', 'a version is missing');
    } catch (error) {
      throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    known.set(version, bytes);
  }
  const newest = known.get(present.anchors.version);
  if (known.size > 0 && (!newest || !equal(newest, present.bytes) || known.has(present.anchors.version + 1)))
    throw new Error(`${folder}/anchors: its newest version is not the one in anchors.bin`);
  return known.size > 0 ? known : new Map([[present.anchors.version, present.bytes]]);
}

/**
 * Brings a device that holds older anchors up to date, version by version: they need no grant and no log proof, only
 * the two signatures that the device checks itself. Throws Refusal when it takes none, or holds anchors that are newer
 * than ours; the device is then left as it is.
 */
export async function renewAnchors(
  bedside: Bedside,
  conversation: Conversation,
  known: AnchorsByVersion,
  { crypto, now }: { readonly crypto: Crypto; readonly now: () => number },
): Promise<void> {
  const newest = Math.max(...known.keys());
  const held = bedside.seen?.attestation.anchorsVersion ?? newest;
  if (held > newest)
    throw new Refusal('E_ANCHORS', 'the device holds newer anchors than this gateway', 'attestation.14');
  for (let version = held + 1; version <= newest; version++) {
    const anchors = known.get(version);
    if (!anchors) throw new Refusal('E_ANCHORS', `version ${version} is not known here`, 'attestation.14');
    const answer = await conversation.ask({ kind: 'anchors', anchors });
    if (answer.kind === 'refused')
      throw new Refusal(answer.code, 'the device keeps its anchors', answer.field);
  }
  if (held < newest) await bedside.open(crypto, now, conversation);
}
