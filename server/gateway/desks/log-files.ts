import type { LogFile, Session } from '../../edge/desks/desk.ts';
import { ROLE } from '../../protocol/credential.ts';
import { Refusal } from '../../protocol/refusal.ts';

type Files = (path: string) => LogFile & { readonly auditorsOnly: boolean };

/** Log files for whoever asks: hashes are public, entries are for auditors. Rejects with Refusal E_ROLE. */
export const forAuditors =
  (files: Files) =>
  async (path: string, session: Session | undefined): Promise<LogFile> => {
    const file = files(path);
    if (file.auditorsOnly && ((session?.roles ?? 0) & ROLE.auditor) === 0)
      throw new Refusal('E_ROLE', 'the entries of the log are for auditors', 'session');
    return file;
  };
