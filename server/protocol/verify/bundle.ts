import { type Anchors, readAnchors } from '../anchors.ts';
import { type Bytes, equal, hex, text } from '../encoding/bytes.ts';
import { isArray } from '../encoding/cbor.ts';
import type { Crypto } from '../crypto.ts';
import { type Entry, parseEntry } from '../log/entry.ts';
import { decodeStrict } from '../encoding/fields.ts';
import { rootOfMany } from '../log/many-proof.ts';
import type { Checkpoint } from '../log/note.ts';
import { verifySeal } from '../log/prove.ts';
import { Refusal } from '../refusal.ts';
import { CHECKS, unchecked, verifyEvidence } from '../verify.ts';
import { aboutEvidence } from '../evidence/evidence-about.ts';
import { type Check, type CheckId, verdictOf } from './run-checks.ts';
import {
  type BundleFiles,
  FILE,
  type Manifest,
  openFiles,
  opensAll,
  parseContinuations,
  parseEntries,
  parseOpenings,
  type ProvenEntries,
} from './bundle-files.ts';
import { checkContinuity, checkpointIn, type PathBetween } from './continuity.ts';
import { type Roots, rootsIn } from './fingerprint.ts';
import { joined, RANK } from './joined.ts';
import { checkPolicyThen } from './policy-then.ts';
import { describeCover, SIMULATION } from './cover.ts';

/** What the reader brings along: nothing in a bundle vouches for itself. */
export interface BundleTrust {
  /** Keys the reader has from elsewhere, or their fingerprint as `readFingerprint` gives it. */
  readonly roots?: Roots | undefined;
  readonly fingerprint?: string | undefined;
  /** The newest checkpoint this computer has seen of a log; undefined when it never saw one. */
  readonly remembered: (origin: string) => string | undefined;
  /** Consistency paths from elsewhere, such as the log’s public tiles. */
  readonly pathBetween?: PathBetween | undefined;
}

export interface CommandReport {
  readonly hash: string;
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly story: readonly string[];
}

type Verdict = 'VERIFIED' | 'FAILED' | 'INCOMPLETE';

export interface BundleReport {
  readonly verdict: Verdict;
  /** The verdict in one sentence. */
  readonly says: string;
  /** Nine checks; over several commands the worst of each. Two where the bundle is about no command. */
  readonly checks: readonly Check[];
  readonly commands: readonly CommandReport[];
  readonly entries: readonly { readonly index: number; readonly entry: Entry }[];
  /** What the bundle as a whole proves, and what not. */
  readonly proves: readonly string[];
  /** To be remembered: signed, witnessed, and continuing what was remembered before. */
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly note: string } | undefined;
}

/**
 * Verifies an evidence bundle by itself: no network, no clock, no account, and no way to leave a check out. Never
 * throws for a bad bundle.
 */
export async function verifyBundle(
  crypto: Crypto,
  files: BundleFiles,
  trust: BundleTrust,
): Promise<BundleReport> {
  try {
    return await judge(crypto, files, trust);
  } catch (error) {
    if (error instanceof Refusal) return unreadable(error);
    throw error;
  }
}

/** A bundle that cannot be opened, told as a report. */
export function unreadable(refusal: Refusal): BundleReport {
  const foreign = refusal.code === 'E_VERSION';
  const says = foreign ? `It could not be checked: ${refusal.message}` : `It is damaged: ${refusal.message}`;
  return {
    verdict: foreign ? 'INCOMPLETE' : 'FAILED',
    says,
    checks: unchecked(refusal.message),
    commands: [],
    entries: [],
    proves: [],
    checkpoint: undefined,
  };
}

interface Opened {
  readonly crypto: Crypto;
  readonly files: BundleFiles;
  readonly manifest: Manifest;
  readonly anchors: Anchors;
  readonly roots: Roots | undefined;
  readonly proven: ProvenEntries;
  /** Where an entry stands: its bytes by index. */
  readonly at: ReadonlyMap<number, Bytes>;
  /** The policies that it says came into force. */
  readonly policies: readonly { readonly index: number; readonly entry: Entry }[];
}

async function judge(crypto: Crypto, files: BundleFiles, trust: BundleTrust): Promise<BundleReport> {
  const manifest = openFiles(crypto.sha256, files);
  const anchors = readAnchors(crypto, need(files, FILE.anchors));
  const proven = parseEntries(need(files, FILE.entries));
  const at = new Map(proven.proof.indexes.map((index, i) => [index, proven.entries[i] ?? new Uint8Array()]));
  const entries = [...at].map(([index, bytes]) => ({ index, entry: parseEntry(bytes) }));
  const roots = rootsIn(crypto.sha256, anchors, trust);
  const policies = entries.filter(({ entry }) => entry.type === 'policy');
  const opened: Opened = { crypto, files, manifest, anchors, roots, proven, at, policies };
  const log = await checkLog(opened, trust);
  const commands: CommandReport[] = [];
  for (const hash of manifest.commands) commands.push(await judgeCommand(opened, hash, log.checks));
  const checks = commands.length === 0 ? log.checks : worst(commands);
  const verdict = verdictOf(checks);
  return {
    verdict,
    says: sentence(verdict, commands.length, entries.length),
    checks,
    commands,
    entries,
    proves: [
      ...(anchors.development ? [SIMULATION] : []),
      ...describeCover(manifest.covers, entries, log.checkpoint?.size ?? 0),
    ],
    checkpoint: verdict === 'VERIFIED' ? log.checkpoint : undefined,
  };
}

function need(files: BundleFiles, name: string): Bytes {
  const file = files.get(name);
  if (!file) throw new Refusal('E_CMD_MALFORMED', 'a file is missing', name);
  return file;
}

interface LogChecks {
  readonly checks: readonly Check[];
  readonly checkpoint: { readonly origin: string; readonly size: number; readonly note: string } | undefined;
}

/** Checks 8 and 9 for everything in the bundle: one proof, one checkpoint. */
async function checkLog(opened: Opened, trust: BundleTrust): Promise<LogChecks> {
  const { crypto, files, proven } = opened;
  const note = noteIn(need(files, FILE.checkpoint));
  const checkpoint = checkpointIn(note);
  const root = rootOfMany(crypto.sha256, proven.proof, proven.entries);
  const fits = checkpoint && root && checkpoint.size === proven.proof.size && equal(root, checkpoint.root);
  const count = proven.entries.length;
  const inclusion = fits
    ? check('inclusion', 'PASS', `${count} entries stand under the checkpoint over ${checkpoint.size}`)
    : check('inclusion', 'FAIL', 'the entries do not lead to the root of the checkpoint');
  if (!checkpoint) {
    return { checks: [inclusion, check('checkpoint', 'FAIL', 'the checkpoint does not read')], checkpoint };
  }
  const { origin, size } = checkpoint;
  const seal = await checkSeal(opened, note, checkpoint, trust);
  return { checks: [inclusion, seal], checkpoint: { origin, size, note } };
}

/** Signatures under the anchors' keys, somebody who vouches for those keys, and the history this computer knows. */
async function checkSeal(
  { crypto, files, anchors, roots }: Opened,
  note: string,
  now: Checkpoint,
  trust: BundleTrust,
): Promise<Check> {
  try {
    await verifySeal(crypto, note, anchors);
  } catch (error) {
    if (error instanceof Refusal) return check('checkpoint', 'FAIL', error.message);
    throw error;
  }
  const inside = files.get(FILE.consistency);
  const paths = inside ? parseContinuations(inside) : new Map<number, readonly Bytes[]>();
  const between: PathBetween = async (from, to) =>
    (to === now.size ? paths.get(from) : undefined) ?? trust.pathBetween?.(from, to);
  const same = await checkContinuity(crypto.sha256, now, trust.remembered(now.origin), between);
  if (!roots && same.verdict === 'PASS')
    return check('checkpoint', 'NOT CHECKED', 'nobody vouches for the keys of log and witnesses');
  return check('checkpoint', same.verdict, `signed by ${now.origin} and its witnesses; ${same.says}`);
}

function noteIn(bytes: Bytes): string {
  try {
    return text(bytes);
  } catch {
    throw new Refusal('E_CMD_MALFORMED', 'not text', FILE.checkpoint);
  }
}

const check = (id: CheckId, verdict: Check['verdict'], says: string): Check => ({
  id,
  name: CHECKS[id].name,
  verdict,
  says,
  how: CHECKS[id].how,
});

/** The nine checks of one command, the last two of them joined with what the bundle says of the log. */
async function judgeCommand(opened: Opened, hash: string, log: readonly Check[]): Promise<CommandReport> {
  const { crypto, files, roots } = opened;
  const bytes = files.get(FILE.evidence(hash));
  if (!bytes) {
    const why = 'there is no evidence in here: not granted, its outcome not known, or its person was erased';
    const checks = unchecked(why).map((each) => log.find(({ id }) => id === each.id) ?? each);
    return { hash, verdict: verdictOf(checks), checks, story: [] };
  }
  const report = await verifyEvidence(crypto, bytes, roots);
  const own = belongs(opened, hash, bytes);
  const then = policyThen(opened, bytes);
  const checks = report.checks.map((each) => {
    const found = [...log, ...(own ? [own] : []), ...(then ? [then] : [])];
    return found.filter(({ id }) => id === each.id).reduce(joined, each);
  });
  return { hash, verdict: verdictOf(checks), checks, story: report.story };
}

/** A second check by review only is held against the policy of its time. */
function policyThen({ crypto, files, policies }: Opened, bytes: Bytes): Check | undefined {
  const [first] = aboutEvidence(bytes)?.entries ?? [];
  const found =
    first && checkPolicyThen(crypto.sha256, files, policies, { ...first, entry: parseEntry(first.entry) });
  return found && check('people', found.verdict, found.says);
}

/** Is this the evidence of that command, are its entries those of the bundle, and its names those committed to? */
function belongs(opened: Opened, hash: string, bytes: Bytes): Check | undefined {
  const { crypto, files, at } = opened;
  const fail = (says: string): Check => check('inclusion', 'FAIL', says);
  const about = aboutEvidence(bytes);
  if (!about?.command) return undefined; // the nine checks say what is wrong with it
  if (hex(crypto.sha256(about.command)) !== hash) return fail('it is the evidence of another command');
  for (const { entry, index } of about.entries) {
    const stands = at.get(index);
    if (!stands || !equal(stands, entry))
      return fail(`entry ${index} is not the one the evidence was made with`);
  }
  const openings = files.get(FILE.openings(hash));
  const [first] = about.entries;
  if (!openings || !first) return undefined;
  const { commitments = [] } = parseEntry(first.entry);
  if (opensAll(crypto.sha256, commitments, parseOpenings(openings))) return undefined;
  return fail('the names or reasons shown are not those the log committed to');
}

/** For each check the worst of all commands, and which command it was. */
function worst(commands: readonly CommandReport[]): readonly Check[] {
  const [first, ...rest] = commands;
  if (!first) return [];
  if (rest.length === 0) return first.checks;
  return first.checks.map((_, i) => {
    const all = commands.flatMap(({ hash, checks }) => (checks[i] ? [{ hash, check: checks[i] }] : []));
    const [bad] = all.sort((a, b) => RANK[b.check.verdict] - RANK[a.check.verdict]);
    if (!bad) throw new Error('nine checks');
    const { verdict } = bad.check;
    const says =
      verdict === 'PASS'
        ? `passed for each of ${commands.length} commands`
        : `command ${bad.hash.slice(0, 16)}: ${bad.check.says}`;
    return { ...bad.check, says };
  });
}

function sentence(verdict: Verdict, commands: number, entries: number): string {
  const what = commands === 0 ? `${entries} log entries` : `${commands} command${commands === 1 ? '' : 's'}`;
  if (verdict === 'VERIFIED') return `Every check passed for ${what}.`;
  if (verdict === 'FAILED') return `A check failed for ${what}: do not rely on what it tells.`;
  return `Nothing is wrong with ${what} as far as it goes, but not every check could be made.`;
}

/** The names and reasons of a command, where the bundle shows them; undefined where it is masked. */
export function openedFields(
  files: BundleFiles,
  hash: string,
): readonly (readonly string[] | undefined)[] | undefined {
  const bytes = files.get(FILE.openings(hash));
  return (
    bytes &&
    parseOpenings(bytes).map((each) => {
      if ('hidden' in each) return undefined;
      const value = decodeStrict(each.value, 'openings', 65_536);
      return isArray(value) ? value.map(String) : [];
    })
  );
}
