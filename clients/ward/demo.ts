import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attackByGateway } from './demo-attack.ts';
import { highRisk, logVerified, smallChange, type Story, unknownOutcome } from './demo-steps.ts';
import { emergency } from './demo-emergency.ts';
import { openDemoWard } from './demo-ward.ts';
import { WARD, withoutNfc, withoutPages } from './plan.ts';
import { screen } from './screen.ts';
import { pcscMissing } from './pcsc-missing.ts';

export interface DemoOptions {
  readonly json: boolean;
  /** Where to keep the evidence of the high-risk command. */
  readonly bundle: string | undefined;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Walks through the ceremony on wards of its own: a refused attack, a small change, a change of high risk by two
 * clinicians, an outcome that becomes unknown and is settled by asking, and the log checked from outside. The exit
 * code: 0 all of it happened, 1 something did not, 2 it could not be tried.
 */
export async function runDemo({ json, bundle, signal }: DemoOptions): Promise<number> {
  const show = screen(process.stdout, json);
  const missing = pcscMissing();
  if (missing !== undefined) {
    process.stderr.write(`The demonstration needs the card reader stack, which is not here: ${missing}\n`);
    if (json) process.stdout.write(`${JSON.stringify({ error: missing })}\n`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'cs-demo-'));
  const story: Story = {
    show,
    steps: [],
    applied: 0,
    refused: 0,
    unknownResolved: 0,
    transports: new Set(),
    logVerified: false,
  };
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  show.title('Countersign: a demonstration with simulated devices and people, and everything else real');
  show.wait('starting two wards: gateway, witness, card reader, pump, pacemaker ...');
  const wards = [
    openDemoWard(join(folder, 'attacked'), withoutNfc(withoutPages(WARD)), both),
    openDemoWard(join(folder, 'ward'), withoutPages(WARD), both),
  ] as const;
  try {
    const [attacked, ward] = await Promise.all(wards);
    await attackByGateway(attacked, story);
    await attacked.stop();
    await smallChange(ward, story);
    await highRisk(ward, story, bundle);
    await unknownOutcome(ward, story);
    await emergency(ward, story);
    await logVerified(ward, story);
  } finally {
    ended.abort();
    for (const ward of await Promise.allSettled(wards))
      if (ward.status === 'fulfilled') await ward.value.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const { steps, applied, refused, unknownResolved, transports } = story;
  show.title(`${applied} applied, ${refused} refused, ${unknownResolved} unknown outcome settled`);
  show.say('Next: npm start runs a ward you can use; npx --no -- countersign --help lists the commands.');
  if (json) {
    const result = { applied, refused, unknownResolved, transports: [...transports].sort() };
    process.stdout.write(`${JSON.stringify({ ...result, logVerified: story.logVerified, steps })}\n`);
  }
  return story.logVerified && steps.every(({ ok }) => ok) ? 0 : 1;
}
