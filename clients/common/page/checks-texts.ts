import { EMERGENCY_NAMES } from '../../../server/protocol/evidence/emergency-checks.ts';
import type { Check } from '../../../server/protocol/verify/run-checks.ts';
import type { Kind } from './icon.tsx';
import type { Like } from './texts.ts';

/** The nine checks by name, and what came of one: the same words on every page that shows them. */
export const CHECKS_EN = {
  pass: 'PASS',
  fail: 'FAIL',
  notChecked: 'NOT CHECKED',
  how: 'How to check it yourself',
  names: {
    bytes: 'The exact bytes',
    signatures: 'Signed by the clinicians',
    credentials: 'Certified, and not revoked then',
    people: 'Enough different people',
    grant: 'Granted once, for this session',
    receipt: 'Answered by the device',
    readBack: 'Read back as asked',
    inclusion: 'In the log, before and after',
    checkpoint: 'The log is the one witnesses saw',
  },
  /** Where a question means something else of an emergency. */
  ofEmergency: EMERGENCY_NAMES,
};

export const CHECKS_DE: Like<typeof CHECKS_EN> = {
  pass: 'BESTANDEN',
  fail: 'FEHLER',
  notChecked: 'NICHT GEPRÜFT',
  how: 'So prüfen Sie es selbst',
  names: {
    bytes: 'Die genauen Bytes',
    signatures: 'Von den Behandelnden unterschrieben',
    credentials: 'Bescheinigt und damals nicht widerrufen',
    people: 'Genug verschiedene Personen',
    grant: 'Einmal zugelassen, für diese Sitzung',
    receipt: 'Vom Gerät beantwortet',
    readBack: 'Rückgelesen wie gewünscht',
    inclusion: 'Im Protokoll, vorher und nachher',
    checkpoint: 'Das Protokoll, das die Zeugen sahen',
  },
  ofEmergency: {
    signatures: 'Vom Behandelnden unterschrieben',
    credentials: 'Für Notfälle bescheinigt',
    people: 'Eine Person, überall dieselbe',
    grant: 'Vom Gerät selbst angenommen',
    readBack: 'Im sicheren Zustand des Herstellers',
    inclusion: 'Im Protokoll, danach',
  },
};

/** What a check is called. */
export function checkName(
  t: Like<typeof CHECKS_EN>,
  { id, emergency }: Pick<Check, 'id' | 'emergency'>,
): string {
  const other: Readonly<Partial<Record<Check['id'], string>>> = t.ofEmergency;
  return (emergency && other[id]) ?? t.names[id];
}

/** What was not checked is never green. */
export const CHECK_KINDS: Readonly<Record<Check['verdict'], Kind>> = {
  PASS: 'verified',
  FAIL: 'blocked',
  'NOT CHECKED': 'unknown',
};
