import type { Bytes } from '../../protocol/encoding/bytes.ts';
import type { Session } from './desk.ts';

/** Which versions of the pages may sign. */
export interface BuildDesk {
  allowed(): AllowedBuilds;
  /** A page at a stream said which version it is: logged, once a session. */
  seen(session: Session, build: Bytes): void;
  /** Throws Refusal E_BUILD unless this version may sign; undefined is a program that is no page. */
  maySign(session: Session, build: Bytes | undefined): void;
}

export interface AllowedBuilds {
  readonly builds: readonly { readonly build: string; readonly name: string }[];
  /** Programs, which name no build, may sign too: a simulation's word. */
  readonly programs: boolean;
}
