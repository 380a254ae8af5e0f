import type { Anchors } from './check/anchors.ts';
import type { Bytes } from './check/bytes.ts';
import { readKey } from './check/signed.ts';
import { Desk } from './gate/desk.ts';
import type { Gateway } from './gate/gateway.ts';
import type { TabletKey } from './gate/key.ts';
import { makePasskey, NotSigned } from './gate/passkey.ts';
import type { Place } from './gate/place.ts';
import { askReception, NotLetIn } from './gate/reception.ts';
import { signIn, type Tokens } from './gate/sign-in.ts';
import { Lists } from './gate/lists.ts';
import type { Kept } from './gate/store.ts';
import type { Shell } from './page/shell.ts';
import { approveView, type FirstDay, firstDayView, startView, windowView } from './page/start.ts';
import { sentence } from './page/words-for-people.ts';
import { t } from './texts/texts.ts';

export interface Arriving {
  /** Shows what somebody sees who comes to this page. @param said what happened before, and of what kind it is */
  start(said?: string, kind?: 'plain' | 'unknown' | 'stop'): void;
  /** The issuer's window, once more in the middle of the work; undefined when the person stopped it. Throws NotSignedIn. */
  signInAgain(): Promise<Tokens | undefined>;
}

const GIVE_UP_MS = 300_000;

/**
 * The way from nobody to somebody who works here, one press after the other: the first day of a visitor, the issuer's window,
 * and the approval of this tablet. @param worked told of the desk that is open then
 */
export async function arriving(
  parts: {
    readonly place: Place;
    readonly kept: Kept;
    readonly tablet: TabletKey;
    readonly anchors: Anchors;
    readonly gateway: Gateway;
    readonly shell: Shell;
  },
  worked: (desk: Desk, name: string) => Promise<void>,
): Promise<Arriving> {
  const { place, kept, tablet, anchors, gateway, shell } = parts;
  const { reception } = place;
  const at = {
    issuer: place.issuer.url,
    client: place.issuer.client,
    redirect: `${location.origin}/signed-in`,
    audience: `${place.gateway}/v1`,
  };
  let made = await kidIn(kept);
  /** Of the first day, until it was used: the secret of the link for signing in, with its #. */
  let link = '';
  let again = false;
  let stopped = new AbortController();

  const start: Arriving['start'] = (said = '', kind = 'plain') => {
    gateway.left();
    stopped.abort();
    shell.about('');
    if (link !== '') return firstDay('link', said);
    if (made === undefined && reception !== undefined && said === '') return firstDay('ready');
    shell.show(
      startView(place, said, kind, enter, reception === undefined ? undefined : () => firstDay('ready')),
    );
  };

  function firstDay(step: FirstDay, said = ''): void {
    if (step === 'ready') again = made !== undefined;
    const have = (): void => {
      link = '';
      shell.show(startView(place, '', 'plain', enter, () => firstDay('ready')));
    };
    shell.show(firstDayView(step, said, again, makeKey, enter, have));
  }

  async function makeKey(): Promise<void> {
    if (reception === undefined) return;
    try {
      const passkey = await makePasskey('Second clinician');
      firstDay('certifying');
      link = await askReception(reception, tablet, passkey);
      made = (await readKey(passkey.key)).kid;
      await kept.put('made', made);
      firstDay('link');
    } catch (error) {
      const { notMade, notCertified } = t().first;
      const known = error instanceof NotSigned ? notMade : error instanceof NotLetIn && notCertified;
      firstDay('ready', known || sentence(error));
    }
  }

  async function inWindow(first = ''): Promise<Tokens | undefined> {
    stopped = new AbortController();
    const { signal } = stopped;
    const given = AbortSignal.any([signal, AbortSignal.timeout(GIVE_UP_MS)]);
    const signing = gateway.presence.own(() => signIn(at, tablet, given, first));
    shell.show(windowView(() => stopped.abort()));
    try {
      return await signing;
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async function enter(): Promise<void> {
    try {
      const tokens = await inWindow(link);
      if (tokens === undefined) return start();
      link = '';
      approve(tokens);
    } catch (error) {
      start(sentence(error), 'stop');
    }
  }

  function approve(tokens: Tokens, why = ''): void {
    const open = async (): Promise<void> => {
      try {
        gateway.tokens = tokens;
        const desk = await gateway.presence.own(() =>
          Desk.open(gateway, tablet, anchors, new Lists(kept), made),
        );
        await worked(desk, tokens.name || t().page.me);
      } catch (error) {
        if (error instanceof NotSigned) return approve(tokens, sentence(error));
        start(sentence(error), 'stop');
      }
    };
    shell.show(approveView(tokens.name || t().page.me, why, open, () => start()));
  }

  return { start, signInAgain: () => inWindow() };
}

/** Which passkey was made here, when one was. */
async function kidIn(kept: Kept): Promise<Bytes | undefined> {
  const made = await kept.get('made');
  return made instanceof Uint8Array ? new Uint8Array(made) : undefined;
}
