import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { theme } from '../../common/page/look.ts';
import { SetUpSteps } from '../../common/page/set-up-steps.tsx';
import { language, LANGUAGES } from '../../common/page/texts.ts';
import { useEnvironment } from '../frame/environment.ts';
import type { Screen } from '../screen.ts';
import type { View } from '../state.ts';
import { sentenceOf, texts } from '../words.ts';

type Step<K extends View['at']> = Extract<View, { at: K; step: string }>['step'];

/** The visitor's first day: three steps, each with what it is for. */
export function SetUpScreen({ state, act, step }: Screen & { step: Step<'set-up'> }) {
  const { setUp } = texts.value;
  const again = state.beenSetUp.value;
  return (
    <Alone state={state}>
      <h1>{again ? setUp.again : setUp.title}</h1>
      <p>{again ? setUp.againLead : setUp.lead}</p>
      <SetUpSteps step={step} says={setUp} />
      {state.trouble.value?.kind === 'not-signed' ? (
        <Notice kind="blocked" loud title={setUp.notMade} />
      ) : (
        <TroubleNotice state={state} />
      )}
      <div class="row">
        {step === 'ready' && (
          <>
            <Button kind="main" focus onClick={act.setUp}>
              {setUp.begin}
            </Button>
            <Button onClick={act.linkUsed}>{setUp.known}</Button>
          </>
        )}
        {step === 'passkey' && <p role="status">{setUp.waiting}</p>}
        {step === 'certifying' && <p role="status">{setUp.certifying}</p>}
        {step === 'link' && (
          <>
            <Button kind="main" focus onClick={act.signIn}>
              {setUp.openLink}
            </Button>
            <Button onClick={act.linkUsed}>{setUp.have}</Button>
          </>
        )}
      </div>
      {step === 'ready' && <Look />}
    </Alone>
  );
}

export function SignInScreen({ state, act, step }: Screen & { step: Step<'sign-in'> }) {
  const { signIn } = texts.value;
  const waits = step === 'approve' || step === 'approving';
  const title = waits ? signIn.approve : step === 'window' ? signIn.window : signIn.title;
  const lead = waits ? signIn.approveLead : step === 'window' ? signIn.windowLead : signIn.lead;
  return (
    <Alone state={state}>
      <h1>{title}</h1>
      <p>{lead}</p>
      {waits && (
        <div class="field">
          <label for="purpose">{signIn.purpose}</label>
          <input
            id="purpose"
            class="input"
            maxLength={80}
            autocomplete="off"
            value={state.purpose.value}
            onInput={({ currentTarget }) => (state.purpose.value = currentTarget.value)}
          />
        </div>
      )}
      <TroubleNotice state={state} />
      <div class="row">
        {step === 'ready' && (
          <>
            <Button kind="main" focus onClick={act.signIn}>
              {signIn.begin}
            </Button>
            {state.canSetUp.value && (
              <Button onClick={act.beginSetUp}>
                {state.beenSetUp.value ? signIn.setUpAgain : signIn.setUp}
              </Button>
            )}
          </>
        )}
        {step === 'window' && <Button onClick={act.giveUp}>{signIn.giveUp}</Button>}
        {step === 'approve' && (
          <>
            <Button kind="main" onClick={act.approve}>
              {signIn.approveDo}
            </Button>
            <Button onClick={act.giveUp}>{signIn.giveUp}</Button>
          </>
        )}
        {step === 'approving' && <p role="status">{signIn.approving}</p>}
      </div>
      <p class="quiet">{signIn.site(state.site.value)}</p>
      <Look />
      <p class="small mono">{texts.value.frame.build(BUILD.slice(0, 16))}</p>
    </Alone>
  );
}

function Alone({ state, children }: Pick<Screen, 'state'> & { children: preact.ComponentChildren }) {
  const { frame } = texts.value;
  return (
    <>
      <header class="top">
        <strong>{frame.product}</strong>
        <span class={`badge ${state.environment.value}`}>{useEnvironment(state)}</span>
      </header>
      <main class="alone">{children}</main>
    </>
  );
}

/** What did not work, where it is looked for. */
export function TroubleNotice({ state }: Pick<Screen, 'state'>) {
  const trouble = state.trouble.value;
  return trouble ? <Notice kind="blocked" loud title={sentenceOf(trouble)} /> : null;
}

/** Theme and language: chosen by the person, kept on this computer. */
function Look() {
  const { frame } = texts.value;
  return (
    <div class="row">
      <label class="field-inline">
        {frame.theme}
        <select
          class="input"
          value={theme.value}
          onChange={({ currentTarget }) => (theme.value = currentTarget.value === 'dark' ? 'dark' : 'light')}
        >
          <option value="light">{frame.light}</option>
          <option value="dark">{frame.dark}</option>
        </select>
      </label>
      <label class="field-inline">
        {frame.language}
        <select
          class="input"
          value={language.value}
          onChange={({ currentTarget }) =>
            (language.value = LANGUAGES.find(({ code }) => code === currentTarget.value)?.code ?? 'en')
          }
        >
          {LANGUAGES.map(({ code, name }) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
