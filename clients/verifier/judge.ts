import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import type { Crypto } from '../../server/protocol/crypto.ts';
import { MAX_EVIDENCE } from '../../server/protocol/evidence/evidence.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { type BundleReport, unreadable, verifyBundle } from '../../server/protocol/verify/bundle.ts';
import { FILE, parseEntries } from '../../server/protocol/verify/bundle-files.ts';
import { verifyEvidenceFile } from '../../server/protocol/verify/evidence-file.ts';
import { openZip } from '../common/evidence/unzip.ts';

/** What came of a file: the report, and where it is a bundle, the bytes of its entries. */
export interface Judged {
  readonly kind: 'bundle' | 'evidence';
  readonly report: BundleReport;
  readonly raw: ReadonlyMap<number, Bytes>;
}

export interface Trust {
  readonly fingerprint: string | undefined;
  readonly remembered: (origin: string) => string | undefined;
}

/** Judges whatever file somebody chose, exactly as `countersign verify` does. Never throws for a bad one. */
export async function judge(crypto: Crypto, bytes: Bytes, trust: Trust): Promise<Judged> {
  const none = new Map<number, Bytes>();
  try {
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
      const files = await openZip(bytes);
      const report = await verifyBundle(crypto, files, trust);
      return {
        kind: 'bundle',
        report,
        raw: report.entries.length > 0 ? rawOf(files.get(FILE.entries)) : none,
      };
    }
    if (bytes.length > MAX_EVIDENCE)
      throw new Refusal('E_VERSION', 'this is neither a zip file nor the evidence of one command', 'file');
    const { verdict, checks, story, checkpoint } = await verifyEvidenceFile(crypto, bytes, trust);
    const commands = story.length === 0 ? [] : [{ hash: '', verdict, checks, story }];
    const report = { verdict, says: '', checks, commands, entries: [], proves: [], checkpoint };
    return { kind: 'evidence', report, raw: none };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: 'bundle', report: unreadable(error), raw: none };
  }
}

function rawOf(bytes: Bytes | undefined): ReadonlyMap<number, Bytes> {
  const { proof, entries } = parseEntries(bytes ?? new Uint8Array());
  return new Map(proof.indexes.map((index, i) => [index, entries[i] ?? new Uint8Array()]));
}

/** As the program ends: 0 all passed, 1 a check failed, 2 it could not be checked. */
export const exitCode = (verdict: BundleReport['verdict']): 0 | 1 | 2 =>
  verdict === 'VERIFIED' ? 0 : verdict === 'FAILED' ? 1 : 2;
