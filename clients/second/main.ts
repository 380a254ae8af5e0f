import { arriving } from './arriving.ts';
import { type Bytes, hex, Wrong } from './check/bytes.ts';
import { lines, PROGRAM } from './check/command.ts';
import { outcome } from './check/outcome.ts';
import { checkShown } from './check/shown.ts';
import { deadlineOf, Desk, type Device, type Waiting } from './gate/desk.ts';
import type { BrokenGlass } from './gate/glass.ts';
import { Gateway, Refused } from './gate/gateway.ts';
import { tabletKey } from './gate/key.ts';
import { keptAnchors, loadPlace } from './gate/place.ts';
import type { OpenReview } from './gate/reviews.ts';
import { handOver, SignedOut } from './gate/sign-in.ts';
import { openKept } from './gate/store.ts';
import { ANSWER, type Reply } from './gate/stream.ts';
import { againView, FRESH_MS, SPARE_MS } from './page/again.ts';
import { declineView } from './page/decline.ts';
import { make, notice } from './page/dom.ts';
import { entryView, type Tried, UNTRIED } from './page/entry.ts';
import { inboxView, unreadView } from './page/inbox.ts';
import { personView } from './page/person.ts';
import { offerView, shownView } from './page/primed.ts';
import { Shell, speakAsBefore } from './page/shell.ts';
import { compareView, progressView, refusedView, resultView, unknownView } from './page/sign.ts';
import { reviewing } from './reviewing.ts';
import { askTwice, ifOpen, nothingSent } from './page/ending.ts';
import { aboutOf, codeSays, sentence, tries, whatOf } from './page/words-for-people.ts';
import { t } from './texts/texts.ts';

/** What was on the screen has ended; the list is shown as soon as the device said its word (Unix ms that never comes). */
const ENDING = Number.MAX_SAFE_INTEGER;

/** The second signer's page: one path from signing in to what became of the change. */
async function open(): Promise<void> {
  const place = await loadPlace();
  const kept = await openKept();
  const anchors = await keptAnchors(kept);
  const tablet = await tabletKey(kept);
  const gateway = new Gateway(place.gateway, tablet);
  const shell = new Shell(place);

  const arrive = await arriving({ place, kept, tablet, anchors, gateway, shell }, async (desk, name) => {
    const leave = (said: string, kind: 'plain' | 'unknown' = 'plain'): void => {
      desk.stream.ended = () => undefined; // it ends because somebody leaves
      desk.close();
      shell.left();
      arrive.start(said, kind);
    };
    shell.open(name, () => leave(t().trouble.locked));
    desk.stream.ended = () =>
      desk.underWay ? leave(t().trouble.lostUnderWay, 'unknown') : leave(t().trouble.lost);
    desk.stream.called = () => shell.called();
    desk.stream.rescued = () => shell.rescued();
    desk.stream.brokeGlass = () => shell.brokeGlass();
    await inbox(desk);
  });

  /** Nonces, signed by their devices, under which this page has shown values: whatever the gateway says, these are entered no more. */
  const seen = new Set<string>();

  async function inbox(desk: Desk, said = ''): Promise<void> {
    const again = (): Promise<void> => inbox(desk);
    desk.stream.changed = () => void again();
    shell.about('');
    shell.endsAt(Infinity);
    const look = reviewing(shell, desk, (then) => inbox(desk, then));
    try {
      const waiting = await desk.waiting();
      const reviews = {
        emergencies: await desk.reviews(),
        glass: (await desk.glass()).filter(({ own }) => !own),
      };
      const toReview = {
        ...reviews,
        emergency: (one: OpenReview) => void look.emergency(one),
        opening: (one: BrokenGlass) => look.glass(one),
      };
      shell.show(inboxView(waiting, toReview, said, (draft) => void begin(desk, draft), again));
    } catch (error) {
      if (error instanceof SignedOut) return desk.stream.close();
      shell.show(unreadView(sentence(error), again));
    }
  }

  async function begin(desk: Desk, draft: Waiting): Promise<void> {
    desk.stream.changed = () => undefined;
    const back = (): void => void inbox(desk);
    try {
      const device = await desk.read(draft.device);
      shell.about(aboutOf(draft));
      inTime(desk, draft, device);
      const decline = (): void => shell.show(declineView(draft, (reason) => no(desk, draft, reason), back));
      const go = (): void =>
        whenFresh(
          'entry',
          () =>
            draft.shown || seen.has(hex(device.now.nonce))
              ? void look(desk, draft, device)
              : values(desk, draft, device, UNTRIED),
          back,
        );
      whenFresh('person', () => shell.show(personView(place, draft, device, go, decline, back)), back);
    } catch (error) {
      await inbox(desk, sentence(error));
    }
  }

  const inTime = (desk: Desk, draft: Waiting, device: Device): void =>
    shell.endsAt(deadlineOf(draft, device), () => void over(desk, device));
  /** Nobody signed in time: back to the list, unless they went on or left meanwhile. */
  async function over(desk: Desk, device: Device, why = t().timeOver.over): Promise<void> {
    shell.endsAt(ENDING);
    const says = await nothingSent(desk, device);
    if (shell.ends === ENDING) await inbox(desk, `${why} ${says}`);
  }

  const isFresh = (before: keyof typeof SPARE_MS): boolean =>
    (gateway.tokens?.age() ?? FRESH_MS) < FRESH_MS - SPARE_MS[before];

  /** Whoever signed in too long ago is told before they have typed anything, and not after they have signed. */
  function whenFresh(before: keyof typeof SPARE_MS, go: () => void, back: () => void): void {
    if (isFresh(before)) go();
    else signInAgain(go, back);
  }

  function signInAgain(go: () => void, back: () => void, why = ''): void {
    const until = shell.ends;
    const again = async (): Promise<void> => {
      try {
        const tokens = await arrive.signInAgain();
        if (tokens === undefined) return signInAgain(go, back);
        await gateway.renew(tokens);
      } catch (error) {
        return signInAgain(go, back, sentence(error));
      }
      if (shell.ends === until) go(); // else its time was over meanwhile, and the list stands there
    };
    shell.show(againView(why, again, back));
  }

  async function no(desk: Desk, draft: Waiting, reason: string): Promise<void> {
    try {
      await desk.decline(draft, reason);
      await inbox(desk);
    } catch (error) {
      await inbox(desk, sentence(error));
    }
  }

  function values(desk: Desk, draft: Waiting, device: Device, tried: Tried): void {
    const compare = async (command: Bytes, typed: Tried['values']): Promise<void> => {
      const entered = await ifOpen(desk.enter(draft.id, command));
      if (!entered) return over(desk, device, t().timeOver.gone);
      const { differs, left } = entered;
      if (differs.length === 0 && left === 0) return agreed(desk, draft, device, command);
      const names = differs.map(
        (code) => device.profile.settings.find((one) => one.code === code)?.name ?? code,
      );
      const { entry } = t();
      const what = entry.differs(draft.by, names.join('; '));
      if (left > 0) {
        const kept = new Map([...typed].filter(([code]) => !differs.includes(code)));
        return values(desk, draft, device, { said: `${what} ${entry.talk} (${tries(left)})`, values: kept });
      }
      return inbox(desk, `${what} ${entry.closed}`);
    };
    const rather = (): void => values(desk, draft, device, tried);
    // The gateway alone cannot have anybody primed: this page's own anchors have to say that such a check counts.
    const offer =
      draft.primed && anchors.primedChecks && draft.operation === PROGRAM
        ? (): void => shell.show(offerView(draft, () => look(desk, draft, device), rather))
        : undefined;
    const decline = (): void => shell.show(declineView(draft, (reason) => no(desk, draft, reason), rather));
    shell.show(entryView(draft, device, tried, compare, { decline, back: () => void inbox(desk) }, offer));
  }

  /** Shows the first person's values, once they are found to be what this page would build from them itself. */
  async function look(desk: Desk, draft: Waiting, device: Device): Promise<void> {
    try {
      if (!anchors.primedChecks) throw new Wrong('the anchors say nothing of checks without an entry');
      const command = await desk.show(draft);
      await checkShown(command, draft.settings, device.profile, device.now);
      seen.add(hex(device.now.nonce));
      await agreed(desk, { ...draft, shown: true }, device, command);
    } catch (error) {
      // Not shown: they enter the values after all.
      if (error instanceof Refused && error.code === 'E_POLICY' && !seen.has(hex(device.now.nonce)))
        return values(desk, { ...draft, primed: false }, device, {
          said: sentence(error),
          values: new Map(),
        });
      await inbox(desk, sentence(error));
    }
  }

  async function agreed(desk: Desk, draft: Waiting, device: Device, command: Bytes): Promise<void> {
    const said = await lines(command, device.profile, device.now);
    const note = (await desk.waiting()).find(({ id }) => id === draft.id)?.note ?? '';
    const back = (): void => void inbox(desk);
    const ticked = new Set<string>();
    const decline = (): void => shell.show(declineView(draft, (reason) => no(desk, draft, reason), show));
    const show = (why = ''): void =>
      shell.show(
        draft.shown
          ? shownView(draft, device, { said, note, ticked }, why, { sign, decline, back })
          : compareView(draft, device, said, note, why, { sign, decline, back }),
      );
    const label = draft.shown ? 'primed' : 'command';
    const sign = async (): Promise<void> => {
      if (!isFresh('sign')) return signInAgain(show, back);
      let signed = false;
      let sent = false;
      const stage = (name: string): void => {
        signed = true;
        shell.endsAt(Infinity);
        sent ||= name === 'sent' || name === 'answered';
        shell.busy();
        shell.show(progressView(device, name));
      };
      try {
        await finish(desk, device, command, await desk.sign(draft.id, label, command, stage));
      } catch (error) {
        if (!signed) return show(sentence(error));
        // Not a refusal of the change: it waits at the gateway for the same signature after a newer sign-in.
        if (error instanceof Refused && !sent && error.code === 'E_STEP_UP') {
          inTime(desk, draft, device);
          return signInAgain(show, back);
        }
        if (error instanceof Refused && !sent) return refused(desk, device, sentence(error), undefined);
        notKnown(desk, device, command, sentence(error));
      }
    };
    whenFresh('sign', show, back);
  }

  /** Believes nothing but what it verified; everything else is an unknown outcome. */
  async function finish(desk: Desk, device: Device, command: Bytes, { kind, fields }: Reply): Promise<void> {
    if (kind !== ANSWER.sealed) return notKnown(desk, device, command, t().result.notYet);
    const result = await outcome(fields, command, device, anchors);
    if (result.kind !== 'refused') {
      const { operation, changes } = await lines(command, device.profile, device.now);
      const what = whatOf(operation, changes.length, device.now.mode);
      return shell.show(resultView(device, what, result, () => void inbox(desk)));
    }
    const why = codeSays(result.code);
    if (!result.byDevice) return refused(desk, device, why, result.index);
    shell.show(refusedView('receipt', why, result.index, () => void inbox(desk)));
  }

  /** A refusal of the gateway is its word alone: the device is read anew, and says itself whether it took a command. */
  async function refused(desk: Desk, before: Device, why: string, index: number | undefined): Promise<void> {
    shell.show(refusedView(await askTwice(desk, before), why, index, () => void inbox(desk)));
  }

  function notKnown(desk: Desk, device: Device, command: Bytes, why: string): void {
    const resolve = async (): Promise<void> => {
      try {
        await finish(desk, device, command, await desk.resolve(device));
      } catch (error) {
        notKnown(desk, device, command, sentence(error));
      }
    };
    shell.show(unknownView(device, why, resolve, () => void inbox(desk)));
  }

  arrive.start();
}

speakAsBefore();
if (location.pathname === '/signed-in') {
  const done = handOver();
  const says = done ? t().start.signedIn : t().start.notSignedIn;
  document.body.replaceChildren(make('main', {}, notice(done ? 'good' : 'stop', says)));
  if (done) window.close();
} else {
  open().catch((error: unknown) => {
    document.body.replaceChildren(
      make('main', {}, notice('stop', t().trouble.cannot, sentence(error), t().trouble.nothing)),
    );
  });
}
