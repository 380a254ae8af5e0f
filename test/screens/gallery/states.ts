import { OPERATION } from '../../../server/protocol/command.ts';
import { newDraft } from '../../../clients/tablet/change/draft.ts';
import type { PatientRow } from '../../../clients/tablet/patient/patients.ts';
import type { State } from '../../../clients/tablet/state.ts';
import { Kit, NOW, signedIn } from './kit.ts';

type Draw = (state: State, kit: Kit) => void;

const ROW: PatientRow = {
  id: '01'.repeat(16),
  family: 'Vargas',
  given: 'Marta Luisa',
  birthDate: '1958-03-14',
  restricted: false,
  sex: 'female',
  mrn: '4471-9920-3',
  ward: 'Ward 6B',
  bed: 'bed 12',
};

/** Every screen of the tablet in every state that is not easily reached by hand, by the name of its picture. */
export const STATES: Readonly<Record<string, Draw>> = {
  'c0-set-up': (s) => void (s.view.value = { at: 'set-up', step: 'ready' }),
  'c0-set-up-certifying': (s) => void (s.view.value = { at: 'set-up', step: 'certifying' }),
  'c0-set-up-link': (s) => {
    s.view.value = { at: 'set-up', step: 'link' };
    s.signInLink.value = 'http://id.localhost/register';
  },
  'c0-set-up-again': (s) => {
    s.beenSetUp.value = true;
    s.view.value = { at: 'set-up', step: 'ready' };
  },
  'c2-find-simulation': (s) => {
    signedIn(s);
    s.view.value = { at: 'patients' };
    s.wristbands.value = [
      { device: 'pacemaker-1', mrn: 'SIM-100002', birthYear: 1961 },
      { device: 'pump-1', mrn: 'SIM-100001', birthYear: 1948 },
    ];
  },
  'c1-reader-simulation': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
    s.readers.value = [{ label: '6B-2', linked: true, lastSeen: NOW }];
  },
  'c0-set-up-not-signed': (s) => {
    s.view.value = { at: 'set-up', step: 'ready' };
    s.trouble.value = { kind: 'not-signed', why: 'none' };
  },
  'c0-sign-in': (s) => void (s.view.value = { at: 'sign-in', step: 'ready' }),
  'c0-sign-in-away': (s) => {
    s.view.value = { at: 'sign-in', step: 'ready' };
    s.trouble.value = { kind: 'sign-in-away' };
  },
  'c0-sign-in-blocked': (s) => {
    s.view.value = { at: 'sign-in', step: 'ready' };
    s.trouble.value = { kind: 'sign-in-blocked' };
  },
  'c0-sign-in-window': (s) => void (s.view.value = { at: 'sign-in', step: 'window' }),
  'c0-sign-in-approve': (s) => void (s.view.value = { at: 'sign-in', step: 'approve' }),
  'c0-sign-in-approving': (s) => void (s.view.value = { at: 'sign-in', step: 'approving' }),
  'c0-sign-in-stranger': (s) => {
    s.view.value = { at: 'sign-in', step: 'approve' };
    s.trouble.value = { kind: 'not-signed', why: 'stranger' };
  },
  'c0-sign-in-not-enrolled': (s) => {
    s.view.value = { at: 'sign-in', step: 'approve' };
    s.trouble.value = { kind: 'refused', code: 'E_NOT_ENROLLED' };
  },
  'c0-sign-in-offline': (s) => {
    s.view.value = { at: 'sign-in', step: 'ready' };
    s.link.value = { kind: 'away', since: NOW - 12_000 };
  },
  'c0-sign-in-wrong-clock': (s) => {
    s.view.value = { at: 'sign-in', step: 'ready' };
    s.clockOff.value = 3_600_000;
  },
  'c0-sign-in-update': (s) => {
    s.view.value = { at: 'sign-in', step: 'ready' };
    s.updateReady.value = true;
  },
  'c0-locked': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.draftKept.value = true;
    s.view.value = { at: 'locked', step: 'ready', ended: false };
  },
  'c0-locked-ended': (s) => {
    signedIn(s);
    s.view.value = { at: 'locked', step: 'ready', ended: true };
  },
  'c0-locks-soon': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.idleLeft.value = 42_000;
    s.view.value = { at: 'overview' };
  },
  'c1-readers': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
    s.readers.value = [
      { label: '6B-1', linked: true, lastSeen: NOW, busy: { tablet: '6B-02', by: '01', mine: false } },
      { label: '6B-2', linked: true, lastSeen: NOW },
      { label: '6B-3', linked: false, lastSeen: NOW - 60_000 },
    ];
  },
  'c1-reader-wrong-ward': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
    s.readers.value = [
      { label: '6B-2', ward: 'Ward 6B', linked: true, lastSeen: NOW },
      { label: '9A-1', ward: 'Ward 9A', wrongWard: true, linked: true, lastSeen: NOW },
    ];
    s.trouble.value = { kind: 'refused', code: 'E_READER_WARD' };
  },
  'c1-reader-blinks': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
    s.binding.value = { label: '6B-2', signal: 'shown', confirmed: false };
  },
  'c1-reader-none': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
    s.readers.value = [];
  },
  'c1-reader-busy': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'reader' };
    s.readers.value = [];
    s.trouble.value = { kind: 'refused', code: 'E_READER_BUSY' };
  },
  'c2-find': (s) => {
    signedIn(s);
    s.view.value = { at: 'patients' };
  },
  'c2-find-searching': (s) => {
    signedIn(s);
    s.view.value = { at: 'patients' };
    s.search.value = 'searching';
  },
  'c2-find-results': (s) => {
    signedIn(s);
    s.view.value = { at: 'patients' };
    s.search.value = {
      more: true,
      patients: [
        { ...ROW, lookAlike: true, alike: [{ family: 'Vargas', given: 'Marta Lucia', bed: 'bed 9' }] },
        {
          ...ROW,
          id: '02'.repeat(16),
          given: 'Marta Lucia',
          birthDate: '1985-03-14',
          bed: 'bed 9',
          lookAlike: true,
          alike: [{ family: 'Vargas', given: 'Marta Luisa', bed: 'bed 12' }],
        },
        { id: '03'.repeat(16), family: 'Varga', given: 'Ilona', birthDate: '1971-10-02', restricted: true },
      ],
    };
  },
  'c2-find-none': (s) => {
    signedIn(s);
    s.view.value = { at: 'patients' };
    s.search.value = { more: false, patients: [] };
  },
  'c2-find-unreachable': (s) => {
    signedIn(s);
    s.view.value = { at: 'patients' };
    s.trouble.value = { kind: 'unreachable' };
    s.link.value = { kind: 'away', since: NOW - 3_000 };
  },
  'c4-reader-mismatch': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.view.value = { at: 'overview' };
    s.tap.value = { phase: 'mismatch', reader: '6B-2', device: undefined, step: 0, of: 0 };
  },
  'c4-reader-other': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.view.value = { at: 'overview' };
    s.tap.value = { phase: 'mismatch', reader: '6B-2', device: undefined, step: 0, of: 0 };
  },
  'c2-devices': (s, kit) => {
    kit.atBedside(s);
    s.view.value = { at: 'devices' };
  },
  'c3-tap': (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pacemaker.id;
    s.view.value = { at: 'tap' };
    s.readingState.value = 'reading';
    s.tap.value = { phase: 'reading', reader: '6B-2', device: kit.pacemaker.device, step: 3, of: 7 };
  },
  'c3-tap-lost': (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pacemaker.id;
    s.view.value = { at: 'tap' };
    s.tap.value = { phase: 'lost', reader: '6B-2', device: undefined, step: 0, of: 0 };
  },
  'c3-tap-elsewhere': (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pacemaker.id;
    s.view.value = { at: 'tap' };
    s.tap.value = { phase: 'elsewhere', reader: '', device: undefined, step: 0, of: 0 };
  },
  'c3-tap-not-genuine': (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pacemaker.id;
    s.view.value = { at: 'tap' };
    s.readingState.value = 'failed';
    s.trouble.value = { kind: 'refused', code: 'E_DEVICE_IDENTITY' };
  },
  'c3-tap-firmware': (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pacemaker.id;
    s.view.value = { at: 'tap' };
    s.readingState.value = 'failed';
    s.trouble.value = { kind: 'refused', code: 'E_FIRMWARE' };
  },
  'c3-tap-mismatch': (s, kit) => {
    kit.atBedside(s, { ...kit.pacemaker, belongs: false });
    s.view.value = { at: 'tap' };
  },
  'c4-overview': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.view.value = { at: 'overview' };
  },
  'c4-overview-unknown': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.unknown.value = true;
    s.view.value = { at: 'overview' };
  },
  'c4-not-read': (s, kit) => {
    kit.atBedside(s);
    s.wanted.value = kit.pump.id;
    s.readingState.value = 'failed';
    s.trouble.value = { kind: 'refused', code: 'E_LINK' };
    s.view.value = { at: 'overview' };
  },
  'c6-settings': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = kit.draft(kit.pacemaker, { 'Lower rate': 50 });
    s.view.value = { at: 'settings' };
  },
  'c7-edit-list': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = newDraft(kit.pacemaker);
    s.view.value = { at: 'settings' };
    s.sheet.value = { kind: 'edit', code: kit.code(kit.pacemaker, 'Lower rate') };
  },
  'c7-edit-modes': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = newDraft(kit.pacemaker);
    s.view.value = { at: 'settings' };
    s.sheet.value = { kind: 'edit', code: kit.code(kit.pacemaker, 'Pacing mode') };
  },
  'c7-edit-keypad': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.draft.value = newDraft(kit.pump);
    s.view.value = { at: 'settings' };
    s.sheet.value = { kind: 'edit', code: kit.code(kit.pump, 'Infusion rate') };
  },
  'c8-compare-none': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.view.value = { at: 'change' };
  },
  'c8-compare-two': (s, kit) => {
    kit.atBedside(s, kit.pacemaker);
    s.draft.value = kit.draft(kit.pacemaker, { 'Lower rate': 50, 'Pacing amplitude, right ventricle': 30 });
    s.view.value = { at: 'change' };
  },
  'c8-compare-small': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.draft.value = kit.draft(kit.pump, { 'Occlusion alarm limit': 325 }, '');
    s.view.value = { at: 'change' };
  },
  'c8-compare-moved': (s, kit) => {
    const from = new Map(kit.pump.attestation.settings);
    s.draft.value = {
      ...kit.draft(kit.pump, { 'Occlusion alarm limit': 325 }),
      from: from.set(kit.code(kit.pump, 'Occlusion alarm limit'), 400),
    };
    kit.atBedside(s, kit.pump);
    s.view.value = { at: 'change' };
  },
  'c8-compare-offline': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.draft.value = kit.draft(kit.pump, { 'Occlusion alarm limit': 325 });
    s.link.value = { kind: 'away', since: NOW - 12_000 };
    s.view.value = { at: 'change' };
  },
  'c8-stop': (s, kit) => {
    kit.atBedside(s, kit.pump);
    s.draft.value = { ...newDraft(kit.pump, OPERATION.stop), reason: 'procedure' };
    s.view.value = { at: 'change' };
  },
};
