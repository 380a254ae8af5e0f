import { Intent } from '../../audit/intent.ts';
import { logEntry, proofOf } from '../../audit/log-writer.ts';
import { Recorder, type RecorderParts } from '../../broker/recorder.ts';
import { nodeCrypto } from '../../crypto.ts';
import type { PatientVault } from '../audit/patient-vault.ts';

/** The recorder over this gateway's log; names and reasons go into the vault. */
export const openRecorder = ({
  vault,
  ...parts
}: Pick<RecorderParts, 'log' | 'store' | 'random' | 'now' | 'bedside'> & {
  readonly vault: PatientVault;
}): Recorder =>
  new Recorder({
    ...parts,
    sha256: nodeCrypto.sha256,
    keepOpenings: (command, patient, openings) => vault.keep(command, patient, openings),
    mintIntent: (authorized, proof, leaf) => Intent.mint(authorized, proof, leaf),
    logEntry,
    proofOf,
  });
