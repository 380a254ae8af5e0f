import { zipSync } from 'fflate';
import { type Bytes, hex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { parseEntry } from '../../server/protocol/log/entry.ts';
import { encodeEntries, FILE, type Manifest, sealFiles } from '../../server/protocol/verify/bundle-files.ts';
import { nodeCrypto } from './keys.ts';
import type { Case } from './evidence.ts';
import { NOW } from './fixtures.ts';

export const hashOf = ({ bundle }: Pick<Case, 'bundle'>): string => hex(nodeCrypto.sha256(bundle.command));

/** The files of one command's bundle, as a gateway packs them; `changes` replace files or take them out. */
export async function bundleOf(
  whole: Case,
  changes: Readonly<Record<string, Bytes | undefined>> = {},
  manifest: Partial<Manifest> = {},
): Promise<ReadonlyMap<string, Bytes>> {
  const { log } = whole.world;
  const command = hashOf(whole);
  const indexes = log.entries.flatMap((bytes, index) => {
    const about = parseEntry(bytes).command;
    return about && hex(about) === command ? [index] : [];
  });
  const files = new Map<string, Bytes>([
    [FILE.readme, utf8('how to check this\n')],
    [FILE.anchors, whole.world.anchorsBytes],
    [FILE.checkpoint, utf8(await log.checkpoint(NOW + 5))],
    [
      FILE.entries,
      encodeEntries({
        proof: log.proveMany(indexes),
        entries: indexes.map((i) => log.entries[i] ?? new Uint8Array()),
      }),
    ],
    [FILE.evidence(command), whole.bytes],
  ]);
  for (const [name, bytes] of Object.entries(changes)) {
    if (bytes) files.set(name, bytes);
    else files.delete(name);
  }
  const said = {
    covers: 'command',
    origin: log.origin,
    commands: [command],
    masked: true,
    ...manifest,
  } as const;
  return sealFiles(nodeCrypto.sha256, files, said);
}

export const zipOf = (files: ReadonlyMap<string, Bytes>): Bytes => zipSync(Object.fromEntries(files));
