import type { Bytes } from '../../server/protocol/bytes.ts';
import { type Parts, readParts } from '../../server/protocol/evidence-parts.ts';
import { parseEvidence } from '../../server/protocol/evidence.ts';
import { type EmergencyParts, readEmergencyParts } from '../../server/protocol/emergency-checks.ts';
import { isEmergencyEvidence, parseEmergencyEvidence } from '../../server/protocol/emergency-evidence.ts';
import type { Profile } from '../../server/protocol/profile.ts';
import type { Receipt } from '../../server/protocol/receipt.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { commandWords } from '../../server/protocol/words.ts';
import { renderCommand, renderValue } from '../../server/protocol/render.ts';
import { checkpointIn } from '../../server/protocol/verify/continuity.ts';
import { type EvidenceFileReport, verifyEvidenceFile } from '../../server/protocol/verify/evidence-file.ts';
import { pathFromTiles, type ReadResource } from '../common/evidence/consistency.ts';
import type { Shelf } from '../common/page/gate/shelf.ts';
import type { World } from '../common/page/gate/world.ts';

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
  readonly title: string | undefined;
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

type Settings = ReadonlyMap<number, number>;
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
  return { report, at: now, ...(await told(world, bytes)) };
}

const NOTHING = {
  words: undefined,
  title: undefined,
  settings: [],
  model: undefined,
  device: undefined,
  bytes: undefined,
} as const;

/** What the signed bytes say, as believable as the checks beside it; nothing where they cannot be read. */
async function told({ crypto }: World, bytes: Bytes): Promise<Omit<Proof, 'report' | 'at'>> {
  try {
    return isEmergencyEvidence(bytes)
      ? toldOfEmergency(await readEmergencyParts(crypto, parseEmergencyEvidence(bytes)))
      : toldOfCommand(await readParts(crypto, parseEvidence(bytes)));
  } catch (error) {
    if (error instanceof Refusal) return NOTHING;
    throw error;
  }
}

function toldOfCommand(parts: Parts): Omit<Proof, 'report' | 'at'> {
  const { bundle, profile, attestation, command, receipt } = parts;
  if (!('value' in bundle) || !('value' in profile) || !('value' in attestation) || !('value' in command))
    return NOTHING;
  const { settings, counter, nonce } = attestation.value;
  const model = profile.value.profile;
  const said = renderCommand(parts.crypto.sha256, bundle.value.command, model, settings);
  const answer = 'value' in receipt ? receipt.value : undefined;
  return {
    words: said.words,
    title: said.title,
    settings: rowsOf(model, settings, command.value.changes, answer),
    model: model.model,
    device: { counter, nonce, ...answered(answer) },
    bytes: bundle.value.command,
  };
}

/** The safe mode names no setting; what moved is shown, as the device read it back. */
function toldOfEmergency({ crypto, hash, ...parts }: EmergencyParts): Omit<Proof, 'report' | 'at'> {
  const { message, profile, command, receipt } = parts;
  if (!('value' in message) || !('value' in profile) || !('value' in command) || !('value' in receipt))
    return NOTHING;
  const { before } = receipt.value;
  const said = renderCommand(crypto.sha256, message.value.command, profile.value, before);
  const { nonce, counter } = command.value;
  return {
    words: commandWords(hash),
    title: said.title,
    settings: rowsOf(profile.value, before, profile.value.safeState, receipt.value),
    model: profile.value.model,
    device: { counter, nonce, ...answered(receipt.value) },
    bytes: message.value.command,
  };
}

const answered = (answer: Receipt | undefined) => ({
  receipt: answer?.number,
  result: answer?.result,
  code: answer?.code,
  receiptCounter: answer?.counter,
});

/** What was asked, and whatever else moved: a stop names no setting. */
function rowsOf(
  { parameters }: Profile,
  settings: Settings,
  asked: Settings,
  answer: Receipt | undefined,
): readonly SettingRow[] {
  const codes = new Set(asked.keys());
  if (answer)
    for (const [code, value] of answer.readBack) if (answer.before.get(code) !== value) codes.add(code);
  return [...codes].flatMap((code): SettingRow[] => {
    const p = parameters.find((one) => one.code === code);
    if (!p) return [];
    const text = (value: number | undefined): string => (value === undefined ? '–' : renderValue(p, value));
    const [wish, after] = [asked.get(code), answer?.readBack.get(code)];
    return [
      {
        code,
        name: p.name,
        before: text(answer?.before.get(code) ?? settings.get(code)),
        asked: text(wish),
        after: text(after),
        differs: wish !== undefined && after !== undefined && wish !== after,
      },
    ];
  });
}

/** Entries of the newest checkpoint that this computer has verified; 0 when it never saw one. */
export async function rememberedSize(shelf: Shelf, origin: string): Promise<number> {
  const note = await rememberedCheckpoint(shelf, origin);
  return note === undefined ? 0 : (checkpointIn(note)?.size ?? 0);
}
