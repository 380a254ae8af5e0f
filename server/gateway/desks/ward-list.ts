import type { Safety, Session } from '../../edge/desks/desk.ts';
import type { DraftPatient } from '../../edge/desks/inbox-desk.ts';
import type { WardRow } from '../../edge/desks/monitor-desk.ts';
import type { Monitored } from '../../monitor/bed.ts';
import type { BoardNames } from '../../authorize/policy-file.ts';

export interface WardListParts {
  readonly devices: () => readonly Monitored[];
  readonly maySee: (session: Session, device: string) => boolean;
  /** The patient a device is assigned to, where this person may know it. */
  readonly patientOf: (session: Session, device: string) => DraftPatient | undefined;
  /** What everybody at a device has to see. */
  readonly safetyOf: (device: string) => Safety;
  /** What the policy lets a board say of a patient's name. */
  readonly names: () => BoardNames;
}

/**
 * Who lies where, for a board on a wall: every device this person may see, with bed and as much of the name as the policy
 * lets people read who only walk by. Who cares for nobody is shown nobody; operators see devices and no patient.
 */
export function wardList(
  session: Session,
  { devices, maySee, patientOf, safetyOf, names }: WardListParts,
): readonly WardRow[] {
  return devices()
    .filter(({ hex }) => maySee(session, hex))
    .map(({ hex: device, name, model }): WardRow => {
      const patient = patientOf(session, device);
      const row = { device, name, model, ...safetyOf(device) };
      if (!patient) return row;
      const { id, ward, bed } = patient;
      const said = nameSaid(patient, names());
      return { ...row, patient: { id, ward, bed, ...(said !== undefined && { name: said }) } };
    });
}

function nameSaid({ family, given }: DraftPatient, names: BoardNames): string | undefined {
  switch (names) {
    case 'none':
      return undefined;
    case 'initials':
      return `${initial(given)} ${initial(family)}`.trim();
    case 'full':
      return `${family.toUpperCase()} ${given}`.trim();
    default:
      return names satisfies never;
  }
}

/** The first letter as readers count letters: one with an accent is one. */
function initial(name: string): string {
  const [first] = name.normalize('NFC');
  return first === undefined ? '' : `${first.toUpperCase()}.`;
}
