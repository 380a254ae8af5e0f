import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a person's programs keep what they must not forget (XDG Base Directory: state). */
export const stateFolder = (): string =>
  join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'countersign');

/** The checkpoints this computer has seen, unless another file is named. */
export const seenFile = (): string => join(stateFolder(), 'checkpoints.json');
