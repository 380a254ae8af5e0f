import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { unhex } from '../../server/protocol/encoding/bytes.ts';
import type { Asked } from './ask.ts';
import { table } from './table.ts';

const DEVICES = z.object({ devices: z.array(z.object({ id: z.string(), name: z.string() })) });
const LINK = z.object({ key: z.string(), fingerprint: z.string(), until: z.number() });
const USES = z.object({
  uses: z.array(
    z.object({
      entry: z.number(),
      time: z.number(),
      kid: z.string(),
      action: z.string(),
      outcome: z.string(),
      device: z.string().optional(),
      command: z.string().optional(),
    }),
  ),
  total: z.number(),
});
const ERASED = z.object({ commands: z.number() });

const json = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));
const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** `countersign patient-link DEVICE`: what the clinic prints for the patient who has a device now. */
export async function patientLink({ who, words, json: asJson, say }: Asked, folder: string): Promise<void> {
  const [name] = words;
  if (name === undefined) throw new Error('name the device; countersign devices shows them');
  const { devices } = DEVICES.parse(await who.get('/v1/devices'));
  const device = devices.find((one) => one.id === name || one.name === name);
  if (!device) throw new Error(`there is no device "${name}" for this person`);
  // The device says whose it is, at this moment.
  await who.open(device.id);
  const { key, fingerprint, until } = LINK.parse(
    json(await who.fetch('/v1/patient-links', { device: device.id })),
  );
  const link = `${pageOf(folder)}#${key}.${fingerprint.replaceAll(' ', '')}`;
  if (asJson) return say(JSON.stringify({ link, fingerprint, until }));
  say('Print this for the patient, and for nobody else. It is told once and kept nowhere.');
  say('');
  say('  Who changed my device, when, and why: read it yourself, and check it yourself.');
  say(`  ${link}`);
  say(`  Works until ${moment(until).slice(0, 10)}. Fingerprint of the hospital: ${fingerprint}`);
}

/** Address of the patient's page of the ward in a folder. */
function pageOf(folder: string): string {
  const kept: unknown = JSON.parse(readFileSync(join(folder, 'ports.json'), 'utf8'));
  const port = z.record(z.string(), z.int()).parse(kept)['host-patient'];
  if (port === undefined) throw new Error('this ward has no page for patients');
  return `http://patient.localhost:${port}/`;
}

/** `countersign uses`: everything that one's own passkey signed. */
export async function uses({ who, json: asJson, options, say }: Asked): Promise<void> {
  const from = options.from === undefined ? undefined : Date.parse(options.from);
  if (Number.isNaN(from)) throw new Error('--from is a time such as 2026-11-29T14:00Z');
  const found = USES.parse(json(await who.fetch('/v1/key-uses', { ...(from !== undefined && { from }) })));
  if (asJson) return say(JSON.stringify(found));
  if (found.uses.length === 0) return say('Your passkey signed nothing in this time.');
  table(say, ['entry', 'when (UTC)', 'passkey', 'what', 'came of it', 'device', 'command'], found.uses.map((use) => [
    String(use.entry),
    moment(use.time),
    use.kid.slice(0, 8),
    use.action,
    use.outcome || '-',
    use.device ?? '-',
    use.command?.slice(0, 16) ?? '-',
  ])); // prettier-ignore
  if (found.total > found.uses.length) say(`The newest ${found.uses.length} of ${found.total}.`);
  say('Did you not sign one of these? Tell the operator at once: countersign lock person');
}

/** `countersign erase PATIENT`: signs that a person be erased; what may not be is refused, with the reason. */
export async function erase({ who, words, json: asJson, options, say }: Asked): Promise<void> {
  const [patient] = words;
  if (patient === undefined || !/^[0-9a-f]{64}$/u.test(patient))
    throw new Error(
      'name the patient by the 64 digits of the pseudonym, which an auditor sees after “Unmask this patient”',
    );
  if (options.reason === undefined) throw new Error('--reason is missing: it is signed with the erasure');
  const detail = new Map<number, string | Uint8Array>([
    [1, unhex(patient)],
    [2, options.reason],
  ]);
  const { commands } = ERASED.parse(await who.post('/v1/audit/erasures', 'erase', detail));
  say(
    asJson
      ? JSON.stringify({ erased: patient, commands })
      : `Erased, with ${commands} commands. The log stands as before; names, reasons and values are gone.`,
  );
}
