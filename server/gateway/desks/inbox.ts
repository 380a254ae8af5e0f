import type { LogWriter } from '../../audit/log-writer.ts';
import { logEntry } from '../../audit/log-writer.ts';
import type { Drafts } from '../../authorize/drafts.ts';
import type { Bedside } from '../../broker/bedside.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type { DraftPatient, InboxDesk, OwnDraftView, WaitingDraft } from '../../edge/desks/inbox-desk.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { ROLE } from '../../protocol/credential.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { refusing } from './failures.ts';
import { actorOf } from './views.ts';

export interface InboxParts {
  readonly drafts: Drafts;
  readonly bedside: (id: string) => Bedside | undefined;
  readonly nameOf: (subject: string) => string | undefined;
  /** The patient a device is assigned to, if this person may see them. */
  readonly patientOf: (session: Session, device: string) => DraftPatient | undefined;
  /** May a second person be shown a change of this operation, at a device of this site? By policy and anchors. */
  readonly maybePrimed: (site: string, operation: number) => boolean;
  readonly log: Pick<LogWriter, 'appendDurable'>;
  readonly now: () => number;
  /** Tells everybody who may see a device that something happened. */
  readonly announce: (event: string, device: Bytes) => void;
}

/** Drafts as the edge sees them: for the second person, and for the first who waits. */
export class Inbox implements InboxDesk {
  readonly #parts: InboxParts;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  waiting(session: Session): readonly WaitingDraft[] {
    const { drafts, nameOf, patientOf, now } = this.#parts;
    return drafts.list(actorOf(session), now()).map((draft) => ({
      ...draft,
      deviceName: this.#parts.bedside(draft.device)?.device.name ?? '',
      primed: this.#maybePrimed(draft),
      patient: patientOf(session, draft.device),
      byName: nameOf(draft.by),
    }));
  }

  own(session: Session): readonly OwnDraftView[] {
    const { drafts, nameOf, now } = this.#parts;
    return drafts.own(actorOf(session), now()).map(({ command, second, ...draft }) => ({
      ...draft,
      command: hex(command),
      second,
      secondName: second === undefined ? undefined : nameOf(second),
    }));
  }

  async show(session: Session, draft: string): Promise<Bytes> {
    const { drafts, log, now, announce } = this.#parts;
    demandSecond(session);
    const by = actorOf(session);
    const offered = drafts.list(by, now()).find(({ id }) => id === draft);
    // What is not offered to this person `show` refuses in its own words.
    if (offered && !this.#maybePrimed(offered))
      throw new Refusal('E_POLICY', 'the values are entered again here, and not shown', 'draft');
    const { command, device, entry } = await refusing(() => drafts.show(draft, by, now()));
    await refusing(() => log.appendDurable([logEntry(entry)])); // before the values leave: nobody is primed unseen
    announce('draft', device);
    return command;
  }

  #maybePrimed({ device, operation }: { readonly device: string; readonly operation: number }): boolean {
    const at = this.#parts.bedside(device);
    return at !== undefined && this.#parts.maybePrimed(at.device.site, operation);
  }

  async decline(session: Session, draft: string, reason: string): Promise<void> {
    const { drafts, log, now, announce } = this.#parts;
    demandSecond(session);
    const { device, entry } = await drafts.decline(draft, reason, actorOf(session), now());
    await log.appendDurable([logEntry(entry)]);
    announce('draft', device);
  }
}

/** Throws Refusal E_ROLE. */
export function demandSecond({ roles }: Session): void {
  if ((roles & ROLE.second) === 0) throw new Refusal('E_ROLE', 'not a second clinician', 'session');
}
