import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { encodeCommand, OPERATION, parseCommand } from '../../server/protocol/command.ts';
import { readAttestation } from '../../server/protocol/attestation.ts';
import { SAYS } from '../../server/protocol/refusal-says.ts';
import { settingNamed, type Story, told } from './demo-steps.ts';
import { copyLog, type DemoWard } from './demo-ward.ts';
import { attack } from './rogue.ts';

const SMALL = 60;
const LARGE = 160;
const SLY = 140;

/**
 * Two clinicians agree on 60 mL/h. The gateway, with all its keys in an attacker's hands, sends something else.
 * Everything about the bundle is genuine but what nobody signed.
 */
export async function attackByGateway(ward: DemoWard, story: Story): Promise<void> {
  const { show } = story;
  show.title('1. A gateway in the hands of an attacker');
  const first = await ward.signIn('dr-a');
  const second = await ward.signIn('dr-b');
  const auditor = await ward.signIn('auditor');
  const pump = await ward.open(first, 'pump-1');
  const rate = settingNamed(pump, 'Infusion rate');
  const scaled = (value: number): number => value * 10 ** rate.scale;
  const changes = new Map([[rate.code, scaled(SMALL)]]);
  const bytes = first.prepare(pump, ward.patientOf('pump-1'), { operation: OPERATION.program, changes });
  show.say(`Two clinicians sign: ${rate.name} 50 -> ${SMALL} ${rate.unit}.`);

  const entries = await copyLog(auditor, join(ward.folder, 'stolen'));
  const approvals = [await first.approve(bytes), await second.approve(bytes)];
  for (const person of [first, second, auditor]) person.close();
  await ward.running.stopOne('gateway');
  show.say('The attacker has the gateway: its address, its TLS, grant and log keys, its whole log.');
  const certificates = ['dr-a', 'dr-b'].map((name) => credential(ward.folder, name));
  const altered = [LARGE, SLY].map((value) => withRate(bytes, rate.code, scaled(value)));
  const parts = {
    folder: ward.folder,
    devicePort: ward.port('gateway-devices'),
    witnessUrl: `https://127.0.0.1:${ward.port('witness')}`,
    entries,
  };
  const answers = await attack(parts, altered, { approvals, certificates });
  for (const [i, value] of [LARGE, SLY].entries()) {
    const answer = answers[i];
    const refused = answer?.kind === 'refused';
    if (refused) {
      story.refused++;
      show.refused(`It sends ${value} ${rate.unit}. The pump refuses: ${answer.code}`);
      show.say(SAYS[answer.code]);
    }
    told(story, `gateway alters ${SMALL} to ${value}`, refused, refused ? answer.code : 'not refused');
  }
  const state = answers.at(-1);
  const same =
    state?.kind === 'attestation' &&
    hex(readAttestation(state.attestation).lastReceipt) === hex(pump.attestation.lastReceipt) &&
    readAttestation(state.attestation).settings.get(rate.code) === pump.attestation.settings.get(rate.code);
  if (same) show.good(`The pump still runs at 50 ${rate.unit}: nothing was changed.`);
  told(story, 'the pump is unchanged', same, 'signed by the pump');
}

const withRate = (bytes: Bytes, code: number, value: number): Bytes =>
  encodeCommand({ ...parseCommand(bytes), changes: new Map([[code, value]]) });

const credential = (folder: string, name: string): Bytes =>
  new Uint8Array(readFileSync(join(folder, 'keys', 'public', 'credentials', `${name}.bin`)));
