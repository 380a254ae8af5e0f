import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { theme } from '../../common/page/look.ts';
import { language, LANGUAGES } from '../../common/page/texts.ts';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import type { View } from '../state.ts';
import { TroubleNotice } from '../frame/trouble-notice.tsx';
import { texts } from '../words.ts';

type At<K extends View['at']> = Extract<View, { at: K }>;

/** A newer version of the page is taken while nobody is signed in, and at no other time. */
export function Update({ state, act }: Screen) {
  const { signIn } = texts.value;
  return state.updateReady.value ? (
    <Notice kind="caution" title={signIn.update}>
      <Button onClick={act.update}>{signIn.updateDo}</Button>
    </Notice>
  ) : null;
}

export function SignInScreen({ state, act, view }: Screen & { view: At<'sign-in'> }) {
  const { signIn } = texts.value;
  const says = {
    ready: { title: signIn.title, lead: signIn.lead },
    window: { title: signIn.window, lead: signIn.windowLead },
    approve: { title: signIn.approve, lead: signIn.approveLead },
    approving: { title: signIn.approving, lead: signIn.approveLead },
  }[view.step];
  const bar = {
    ready: (
      <Button kind="main" tall focus onClick={act.signIn}>
        {signIn.begin}
      </Button>
    ),
    window: (
      <Button tall onClick={act.giveUp}>
        {signIn.giveUp}
      </Button>
    ),
    approve: (
      <>
        <Button tall onClick={act.giveUp}>
          {signIn.giveUp}
        </Button>
        <Button kind="main" tall focus onClick={act.approve}>
          {signIn.approveDo}
        </Button>
      </>
    ),
    approving: <p role="status">{signIn.approving}</p>,
  }[view.step];
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="centre" key={view.step}>
        <h1 tabIndex={-1}>{says.title}</h1>
        <p>{says.lead}</p>
        <TroubleNotice state={state} />
        {view.step === 'ready' && <Update state={state} act={act} />}
        {view.step === 'ready' && state.canSetUp.value && (
          <Button onClick={act.beginSetUp}>{state.beenSetUp.value ? signIn.setUpAgain : signIn.setUp}</Button>
        )}
        <p class="quiet">
          {signIn.site}: {state.site.value}. {signIn.help}
        </p>
        <Look />
        <p class="small mono">{texts.value.frame.build(BUILD.slice(0, 16))}</p>
      </div>
    </Stage>
  );
}

export function LockedScreen({ state, act, view }: Screen & { view: At<'locked'> }) {
  const { locked, signIn } = texts.value;
  const who = state.person.value?.name ?? '';
  const bar = (
    <>
      {!view.ended && (
        <Button tall onClick={act.otherPerson}>
          {signIn.otherPerson}
        </Button>
      )}
      {view.ended ? (
        <Button kind="main" tall focus onClick={act.otherPerson}>
          {signIn.begin}
        </Button>
      ) : view.step === 'ready' ? (
        <Button kind="main" tall focus onClick={act.unlock}>
          {locked.unlock}
        </Button>
      ) : (
        <p role="status">{signIn.approving}</p>
      )}
    </>
  );
  return (
    <Stage state={state} act={act} bar={bar}>
      <div class="centre">
        <h1>{locked.title}</h1>
        <p>{view.ended ? locked.ended : locked.lead(who)}</p>
        {state.draftKept.value && <p class="quiet">{locked.draft}</p>}
        <TroubleNotice state={state} />
        <Look />
      </div>
    </Stage>
  );
}

/** Theme and language: chosen by the person, here only, never in the middle of the work. */
export function Look() {
  const { frame } = texts.value;
  return (
    <div class="look">
      <fieldset>
        <legend>{frame.theme}</legend>
        {(['light', 'dark'] as const).map((one) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name="theme"
              checked={theme.value === one}
              onChange={() => (theme.value = one)}
            />
            {frame[one]}
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>{frame.language}</legend>
        {LANGUAGES.map(({ code, name }) => (
          <label key={code} class="choice" lang={code}>
            <input
              type="radio"
              name="language"
              checked={language.value === code}
              onChange={() => (language.value = code)}
            />
            {name}
          </label>
        ))}
      </fieldset>
    </div>
  );
}
