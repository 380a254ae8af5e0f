import type { Mode } from '../../../server/protocol/attestation.ts';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { shownValue } from '../../../server/protocol/render.ts';
import { checkpointIn } from '../../../server/protocol/verify/continuity.ts';
import {
  type EvidenceFileReport,
  verifyEvidenceFile,
} from '../../../server/protocol/verify/evidence-file.ts';
import { pathFromTiles, type ReadResource } from '../../common/evidence/consistency.ts';
import type { Shelf } from '../../common/page/gate/shelf.ts';
import type { World } from '../../common/page/gate/world.ts';
import type { Moved } from '../../common/page/moved.ts';
import { type Told, toldBy } from '../../common/page/told.ts';

/** A setting before the command, as it was asked for, and as the device read it back. */
export interface SettingRow {
  readonly code: number;
  readonly name: string;
  readonly before: string;
  readonly asked: string;
  readonly after: string;
  /** The device did not end up with what was asked. */
  readonly differs: boolean;
}

/** One command's evidence, read and judged on this computer. */
export interface Proof {
  readonly report: EvidenceFileReport;
  readonly words: string | undefined;
  readonly operation: number | undefined;
  /** Of the device, before it answered. */
  readonly mode: Mode | undefined;
  /** Settings that the command names. */
  readonly asked: number | undefined;
  readonly settings: readonly SettingRow[];
  readonly model: string | undefined;
  /** What the device says of itself, joined with the gateway's entries by command and receipt number. */
  readonly device:
    | {
        readonly counter: number;
        readonly nonce: Bytes;
        readonly receipt: number | undefined;
        readonly result: string | undefined;
        readonly code: string | undefined;
        readonly receiptCounter: number | undefined;
      }
    | undefined;
  readonly bytes: Bytes | undefined;
  /** Unix ms. */
  readonly at: number;
}

const NAME = (origin: string): string => `checkpoint ${origin}`;

/** The newest checkpoint of a log that this computer has verified: whoever shows another history is caught by it. */
async function rememberedCheckpoint(shelf: Shelf, origin: string): Promise<string | undefined> {
  const kept = await shelf.get(NAME(origin));
  return typeof kept === 'string' ? kept : undefined;
}

/** Judges an evidence file with this computer's own anchors and memory. Never throws for a bad file. */
export async function prove(world: World, bytes: Bytes, tiles: ReadResource, now: number): Promise<Proof> {
  const { crypto, shelf } = world;
  const { origin } = world.anchors.log;
  const remembered = await rememberedCheckpoint(shelf, origin);
  const judge = () =>
    verifyEvidenceFile(crypto, bytes, {
      roots: world.anchors,
      remembered: (of) => (of === origin ? remembered : undefined),
      pathBetween: (from, to) => pathFromTiles(crypto.sha256, tiles, from, to).catch(() => undefined),
    });
  const judged = await judge();
  const report = judged.verdict !== 'VERIFIED' && (await world.renew()) ? await judge() : judged;
  const before = await rememberedSize(shelf, origin);
  if (report.checkpoint?.origin === origin && report.checkpoint.size > before)
    await shelf.put(NAME(origin), report.checkpoint.note);
  return { report, at: now, ...shown(await toldBy(crypto, bytes)) };
}

const NOTHING = {
  words: undefined,
  operation: undefined,
  mode: undefined,
  asked: undefined,
  settings: [],
  model: undefined,
  device: undefined,
  bytes: undefined,
} as const;

/** What the signed bytes say, as believable as the checks beside it; nothing where they cannot be read. */
function shown(told: Told | undefined): Omit<Proof, 'report' | 'at'> {
  if (!told) return NOTHING;
  const { words, operation, mode, asked, model, counter, nonce, receipt, bytes } = told;
  const answered = {
    receipt: receipt?.number,
    result: receipt?.result,
    code: receipt?.code,
    receiptCounter: receipt?.counter,
  };
  const settings = told.settings.map(rowOf);
  return { words, operation, mode, asked, model, settings, device: { counter, nonce, ...answered }, bytes };
}

function rowOf({ of, before, asked, after }: Moved): SettingRow {
  const text = (value: number | undefined): string => (value === undefined ? '–' : shownValue(of, value));
  return {
    code: of.code,
    name: of.name,
    before: text(before),
    asked: text(asked),
    after: text(after),
    differs: asked !== undefined && after !== undefined && asked !== after,
  };
}

/** Entries of the newest checkpoint that this computer has verified; 0 when it never saw one. */
export async function rememberedSize(shelf: Shelf, origin: string): Promise<number> {
  const note = await rememberedCheckpoint(shelf, origin);
  return note === undefined ? 0 : (checkpointIn(note)?.size ?? 0);
}
