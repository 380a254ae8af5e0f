import { computed, effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as z from 'zod/mini';
import { Button } from '../../common/page/button.tsx';
import { Notice as Said } from '../../common/page/chip.tsx';
import { Icon } from '../../common/page/icon.tsx';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';
import { read } from '../../common/page/gate/json.ts';
import type { Actions } from '../actions.ts';
import type { Screen } from '../screen.ts';
import type { State } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import { clock, texts } from '../words.ts';
import type { Elsewhere, OpenSession } from './elsewhere.ts';
import { elsewhereTexts } from './texts.ts';

const SESSIONS = z.object({
  sessions: z.array(z.object({ tablet: z.string(), since: z.number(), here: z.boolean() })),
});

/** Knows the sessions of whoever is signed in, from the moment they are. */
export function newElsewhere(
  state: State,
  staff: { readonly gateway: { readonly http: Pick<GatewayHttp, 'json'> } | undefined },
  act: Pick<Actions, 'endSession'>,
): Elsewhere {
  const sessions = signal<'unread' | readonly OpenSession[]>([]);
  const ending = signal(false);
  const subject = computed(() => state.person.value?.subject);

  const readAgain = async (): Promise<void> => {
    try {
      const said = await staff.gateway?.http.json('GET', '/v1/sessions');
      sessions.value = read(SESSIONS, said, 'the sessions').sessions;
    } catch {
      sessions.value = 'unread';
    }
  };
  const logOut = async (): Promise<void> => {
    const { gateway } = staff;
    if (!gateway || state.busy.value || ending.value) return;
    ending.value = true;
    state.trouble.value = undefined;
    try {
      const who = state.person.value?.name ?? '';
      const where = state.person.value?.tablet ?? '';
      await gateway.http.json('DELETE', '/v1/sessions');
      await act.endSession();
      state.trouble.value = { kind: 'signed-out', who, where };
    } catch (error) {
      state.trouble.value = troubleOf(error);
    } finally {
      ending.value = false;
    }
  };
  effect(() => {
    sessions.value = [];
    if (subject.value !== undefined && staff.gateway) void readAgain();
  });
  const others = (): readonly OpenSession[] =>
    sessions.value === 'unread' ? [] : sessions.value.filter(({ here }) => !here);

  return {
    read: readAgain,
    logOut,
    Notice: ({ act: { go } }: Screen) => {
      const t = elsewhereTexts.value;
      const where = others().map(({ tablet, since }) => t.place(tablet, clock(since)));
      return where.length === 0 ? null : (
        <Said kind="caution" title={t.also(where.join('; '))}>
          <p>{t.lead}</p>
          <Button onClick={() => go('end')}>{t.show}</Button>
        </Said>
      );
    },
    Section: ({ state: { busy } }: Screen) => {
      const t = elsewhereTexts.value;
      useEffect(() => void readAgain(), []);
      const all = sessions.value === 'unread' ? [] : sessions.value;
      const here = all.find((one) => one.here);
      return (
        <section class="panel elsewhere">
          <h2>{t.title}</h2>
          <ul class="checks">
            {here && (
              <li>
                <Icon kind="verified" size={24} />
                {t.here(here.tablet, clock(here.since))}
              </li>
            )}
            {others().map(({ tablet, since }) => (
              <li key={`${tablet} ${since}`}>
                <Icon kind="caution" size={24} />
                {t.place(tablet, clock(since))}
              </li>
            ))}
            {here && others().length === 0 && <li class="quiet">{t.nowhere}</li>}
          </ul>
          {sessions.value === 'unread' && <p class="small">{t.unread}</p>}
          <p>{t.says}</p>
          <Button onClick={logOut} off={busy.value ? texts.value.change.needOutcome : undefined}>
            {ending.value ? t.ending : t.logOut}
          </Button>
        </section>
      );
    },
  };
}
