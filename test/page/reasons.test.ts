import assert from 'node:assert/strict';
import { PATIENT_DE } from '../../clients/patient/texts/patient-de.ts';
import { PATIENT_EN } from '../../clients/patient/texts/patient-en.ts';
import { DE } from '../../clients/second/texts/de.ts';
import { EN } from '../../clients/second/texts/en.ts';
import { COMMAND_EN } from '../../clients/tablet/texts/command-en.ts';

describe('the reasons that a tablet offers', () => {
  it('have words wherever somebody reads why: for the second person and for the patient', () => {
    const offered = Object.keys(COMMAND_EN.reasons).toSorted();
    for (const words of [EN.reasons, DE.reasons, PATIENT_EN.reason, PATIENT_DE.reason])
      assert.deepEqual(Object.keys(words).toSorted(), offered);
  });
});
