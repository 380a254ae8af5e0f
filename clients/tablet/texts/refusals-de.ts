import type { RefusalCode } from '../../../server/protocol/refusal.ts';
import { REFUSALS_DE } from '../../common/page/refusals-de.ts';
import type { Like } from '../../common/page/texts.ts';
import type { REFUSAL_EN } from './refusals-en.ts';

const ADVICE_DE: Readonly<Partial<Record<RefusalCode, string>>> = {
  E_CMD_LIMIT: 'Wählen Sie einen anderen Wert.',
  E_CMD_RATE_OF_CHANGE: 'Wählen Sie einen kleineren Schritt, oder warten Sie.',
  E_NONCE: 'Lesen Sie das Gerät neu, und unterschreiben Sie neu.',
  E_COUNTER: 'Lesen Sie das Gerät neu, und unterschreiben Sie neu.',
  E_PATIENT: 'Prüfen Sie Armband und Geburtsjahr.',
  E_APPROVAL_STALE: 'Lesen Sie das Gerät neu, und vergleichen Sie neu.',
  E_DEVICE_IDENTITY: 'Benutzen Sie dieses Gerät nicht. Rufen Sie den Betreiber.',
  E_GRANT_EXPIRED: 'Lesen Sie das Gerät neu, und unterschreiben Sie neu.',
  E_AUDIT_UNAVAILABLE: 'Rufen Sie den Betreiber. Der Notfall geht weiter an einem Lesegerät.',
  E_LOG_INCONSISTENT: 'Rufen Sie den Betreiber. Der Notfall geht weiter an einem Lesegerät.',
  E_ASSERTION_CRED: 'Nehmen Sie Ihren eigenen Passkey, oder fragen Sie den Betreiber.',
  E_ROLE: 'Fragen Sie jemanden, der es darf.',
  E_DUAL_SAME_PERSON: 'Eine andere Person muss auf der anderen Seite unterschreiben.',
  E_SCOPE: 'Brauchen Sie es jetzt, nehmen Sie den Notzugang.',
  E_LOCKED: 'Fragen Sie einen Betreiber, warum.',
  E_RATE: 'Warten Sie eine Minute.',
  E_COOL_DOWN: 'Warten Sie einen Moment.',
  E_BUSY: 'Warten Sie, bis der andere Befehl zu Ende ist.',
  E_UNKNOWN_OUTCOME: 'Fragen Sie zuerst das Gerät.',
  E_LINK: 'Bringen Sie das Gerät in Kontakt, und versuchen Sie es noch einmal.',
  E_REVIEW: 'Bitten Sie jemanden, den Notfall anzusehen.',
  E_SESSION: 'Melden Sie sich neu an.',
  E_STEP_UP: 'Melden Sie sich neu an.',
  E_NOT_ENROLLED: 'Bitten Sie einen Betreiber, es anzumelden.',
  E_ANCHORS: 'Benutzen Sie dieses Tablet nicht. Rufen Sie den Betreiber.',
  E_CMD_HASH: 'Lesen Sie das Gerät neu.',
  E_PROFILE: 'Lesen Sie das Gerät neu.',
  E_GRANT_DEVICE: 'Lesen Sie das Gerät neu.',
  E_DRAFT: 'Lesen Sie das Gerät neu.',
  E_SAFE_STATE: 'Setzen Sie zuerst die Therapie fort.',
  E_INTENT_REQUIRED: 'Bestätigen Sie am Gerät, und unterschreiben Sie dann neu.',
  E_SECOND_ENTRY: 'Sprechen Sie miteinander, dann beginnt eine Person neu.',
  E_POLICY: 'Fragen Sie den Betreiber, welche Regel.',
  E_BREAKGLASS_SCOPE: 'Rufen Sie das Team des Patienten.',
  E_CANCELLED: 'Unterschreiben Sie neu, wenn es noch gewollt ist.',
  E_CLOCK: 'Rufen Sie den Betreiber. Der Notfall geht weiter an einem Lesegerät.',
  E_EVIDENCE: 'Rufen Sie den Betreiber. Der Notfall geht weiter an einem Lesegerät.',
  E_READER: 'Binden Sie das Lesegerät neben Ihnen.',
  E_READER_BUSY: 'Beenden Sie dessen Sitzung, oder nehmen Sie ein anderes Lesegerät.',
  E_READER_AWAY: '',
  E_READER_WARD: '',
  E_READER_TWO: '',
  E_FIRMWARE: '',
  E_BUILD: '',
  E_CHANNEL: '',
  E_DUAL_REQUIRED: '',
};

export const REFUSAL_DE: Like<typeof REFUSAL_EN> = {
  refusal: {
    says: (code) => REFUSALS_DE[code],
    advice: (code) =>
      ADVICE_DE[code] ??
      (/TOKEN|DPOP/u.test(code) ? 'Melden Sie sich neu an.' : 'Bleibt es so, rufen Sie den Betreiber.'),
  },
};
