import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import type { Parameter } from '../../server/protocol/profile.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { meaningOf } from '../../server/protocol/refusal-says.ts';
import { renderCommand } from '../../server/protocol/render.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import type { Clinician, OpenDevice, Outcome } from './clinician.ts';
import { copyLog, type DemoWard } from './demo-ward.ts';
import type { Screen } from './screen.ts';

/** What the demonstration counts while it goes on. */
export interface Story {
  readonly show: Screen;
  readonly steps: { readonly step: string; readonly ok: boolean; readonly detail: string }[];
  applied: number;
  refused: number;
  unknownResolved: number;
  readonly transports: Set<'nfc' | 'websocket'>;
  logVerified: boolean;
}

const CONTEXT = { reason: 'titration', note: 'after the morning round', order: 'ORD-4711' };
/** The demonstration policy's cool-down, and a little. */
const COOL_DOWN_MS = 1_200;
const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

/** What each stage means, in words; none of them means that anything has happened yet. */
const SAYS: Record<Stage, string> = {
  checked: 'checked: people, policy, locks, limits',
  cooling: 'can still be cancelled',
  logged: 'in the log, witnessed, before anything moves',
  granted: 'granted: once, for this device and this session',
  sent: 'sent; not confirmed yet',
  answered: 'the device has answered',
};

/** Writes one step down. */
export function told(story: Story, step: string, ok: boolean, detail: string): void {
  story.steps.push({ step, ok, detail });
  if (!ok) story.show.refused(`${step}: ${detail}`);
}

/** One clinician, one small and reversible change, over the network. */
export async function smallChange(ward: DemoWard, story: Story): Promise<void> {
  const { show } = story;
  show.title('2. A small change by one clinician: the pump, over mutual TLS');
  const doctor = await ward.signIn('dr-a');
  const pump = await ward.open(doctor, 'pump-1');
  const bytes = wish(ward, doctor, pump, 'Occlusion alarm limit', 325, story);
  const outcome = await doctor.sign(pump, bytes, CONTEXT, (stage) => show.wait(SAYS[stage]));
  applied(story, 'R1 on the pump', outcome, 'websocket');
  doctor.close();
}

/** Two clinicians, two signing pages, the second without seeing the values of the first; on the implant. */
export async function highRisk(ward: DemoWard, story: Story, bundle: string | undefined): Promise<void> {
  const { show } = story;
  show.title('3. A change of high risk by two clinicians: the pacemaker, over NFC');
  const first = await ward.signIn('dr-a');
  const second = await ward.signIn('dr-b');
  const heart = await ward.open(first, 'pacemaker-1');
  const bytes = wish(ward, first, heart, 'Lower rate', 70, story);
  const asked = await first.sign(heart, bytes, CONTEXT);
  if (asked.kind !== 'awaiting-second')
    throw new Error('a change of high risk did not wait for a second person');
  show.wait('signed by the first; a second clinician has to enter it again, blind');
  const again = await ward.open(second, 'pacemaker-1');
  const slip = prepare(ward, second, again, 'Lower rate', 75);
  if (!(await second.enter(asked.draft, slip)))
    show.refused('The second enters 75: it differs. They are told which setting, not the value.');
  const same = prepare(ward, second, again, 'Lower rate', 70);
  const matched = await second.enter(asked.draft, same);
  told(story, 'blind second entry', matched, matched ? 'matched at the second try' : 'did not match');
  show.good('The second enters 70: the same bytes. The second signs.');
  const outcome = await second.second(again, asked.draft, same, (stage) => show.wait(SAYS[stage]));
  applied(story, 'R2 on the pacemaker', outcome, 'nfc');
  const evidence = await second.evidence(nodeCrypto.sha256(same));
  const file = bundle ?? join(ward.folder, 'high-risk.evidence');
  writeFileSync(file, evidence);
  const verified = await verify(file, ward);
  told(story, 'its evidence verifies offline', verified, bundle ?? 'kept for this run only');
  if (verified)
    show.good(
      `Its evidence (${evidence.length} bytes) verifies offline${bundle === undefined ? '' : `: ${bundle}`}.`,
    );
  for (const person of [first, second]) person.close();
}

/** The card leaves the reader at the worst moment: after the device stored, before it answered. */
export async function unknownOutcome(ward: DemoWard, story: Story): Promise<void> {
  const { show } = story;
  show.title('4. The card is pulled away in the middle of the write');
  const doctor = await ward.signIn('dr-a');
  show.wait('the cool-down after a change passes (one second in this demonstration)');
  await new Promise((resolve) => setTimeout(resolve, COOL_DOWN_MS));
  const heart = await ward.open(doctor, 'pacemaker-1');
  const bytes = wish(ward, doctor, heart, 'High atrial rate alert, above', 190, story);
  ward.running.tell('pacemaker-1', 'remove-after-write');
  const outcome = await doctor.sign(heart, bytes, CONTEXT);
  told(story, 'the outcome is unknown', outcome.kind === 'unknown', outcome.kind);
  show.wait('The gateway heard nothing: the outcome is UNKNOWN. It never sends again on a guess.');
  await refusedWhileUnknown(doctor, heart, bytes, story);
  ward.running.tell('pacemaker-1', 'insert');
  show.wait('The card is back on the reader. The gateway asks the device what it did.');
  await ward.open(doctor, 'pacemaker-1');
  const settled = await doctor.resolve(heart, bytes);
  if (settled.kind === 'done') story.unknownResolved++;
  applied(story, 'unknown settled by the device’s own receipt', settled, 'nfc');
  doctor.close();
}

async function refusedWhileUnknown(
  doctor: Clinician,
  heart: OpenDevice,
  bytes: Bytes,
  story: Story,
): Promise<void> {
  try {
    await doctor.sign(heart, bytes, CONTEXT);
    told(story, 'nothing new while the outcome is unknown', false, 'a new command was taken');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    story.refused++;
    story.show.refused(`A new command meanwhile: ${error.code}. ${meaningOf(error.code)}.`);
    told(story, 'nothing new while the outcome is unknown', error.code === 'E_UNKNOWN_OUTCOME', error.code);
  }
}

/** Copies the whole log out and has it checked by a program that knows nothing but the anchors. */
export async function logVerified(ward: DemoWard, story: Story): Promise<void> {
  story.show.title('6. The log, checked by a stranger');
  const auditor = await ward.signIn('auditor');
  const folder = join(ward.folder, 'log-copy');
  const entries = await copyLog(auditor, folder);
  auditor.close();
  story.logVerified = await verify(folder, ward);
  if (story.logVerified)
    story.show.good(`All ${entries.length} entries, the signed checkpoint and the witness agree.`);
  told(story, 'the log verifies', story.logVerified, `${entries.length} entries`);
}

/** Runs `countersign verify` as a process of its own: exit code 0 is the only yes. */
function verify(target: string, ward: DemoWard): Promise<boolean> {
  const anchors = join(ward.folder, 'keys', 'public', 'anchors.bin');
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, 'verify', target, '--anchors', anchors], (error) =>
      resolve(error === null),
    );
  });
}

/** Builds the bytes of one change and shows what is signed: the text every screen renders from these bytes. */
function wish(
  ward: DemoWard,
  who: Clinician,
  device: OpenDevice,
  name: string,
  value: number,
  { show }: Story,
): Bytes {
  const bytes = prepare(ward, who, device, name, value);
  const { words, changes } = renderCommand(
    nodeCrypto.sha256,
    bytes,
    device.profile,
    device.attestation.settings,
  );
  for (const change of changes)
    show.say(`${ward.patientOf(device.name).name}: ${change.name} ${change.before} -> ${change.after}`);
  show.say(`words: ${words}`);
  return bytes;
}

function prepare(ward: DemoWard, who: Clinician, device: OpenDevice, name: string, value: number): Bytes {
  const setting = settingNamed(device, name);
  const changes = new Map([[setting.code, Math.round(value * 10 ** setting.scale)]]);
  return who.prepare(device, ward.patientOf(device.name), { operation: OPERATION.program, changes });
}

/** The setting a profile calls by this name. */
export function settingNamed(device: OpenDevice, name: string): Parameter {
  const setting = device.profile.parameters.find((p) => p.name === name);
  if (!setting) throw new Error(`${device.name} has no setting "${name}"`);
  return setting;
}

function applied(story: Story, step: string, outcome: Outcome, transport: 'nfc' | 'websocket'): void {
  const done = outcome.kind === 'done';
  if (done) {
    story.applied++;
    story.transports.add(transport);
    story.show.good(
      `Done: receipt ${outcome.receipt.number}, signed by the device, read back and witnessed.`,
    );
  }
  told(story, step, done, outcome.kind === 'refused' ? outcome.code : outcome.kind);
}
