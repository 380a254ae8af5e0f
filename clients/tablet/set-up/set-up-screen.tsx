import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { SetUpSteps } from '../../common/page/set-up-steps.tsx';
import type { Screen } from '../screen.ts';
import { Stage } from '../frame/stage.tsx';
import type { State, View } from '../state.ts';
import { Look, Update } from '../session/staff-screens.tsx';
import { sentenceOf } from '../words.ts';
import { setUpTexts } from './texts.ts';

/** The visitor's first day: three steps that lead into each other, and each says what it is for. */
export function SetUpScreen({ state, act, view }: Screen & { view: Extract<View, { at: 'set-up' }> }) {
  const t = setUpTexts.value;
  const again = state.beenSetUp.value;
  const bar = {
    ready: (
      <>
        <Button tall onClick={act.linkUsed}>
          {t.already}
        </Button>
        <Button kind="main" tall focus onClick={act.setUp}>
          {t.begin}
        </Button>
      </>
    ),
    passkey: <p role="status">{t.waiting}</p>,
    certifying: <p role="status">{t.certifying}</p>,
    link: (
      <>
        <Button tall onClick={act.linkUsed}>
          {t.have}
        </Button>
        <Button kind="main" tall focus onClick={act.signIn}>
          {t.openLink}
        </Button>
      </>
    ),
  }[view.step];
  return (
    <Stage state={state} act={act} bar={bar} side={<Which />}>
      <div class="centre">
        <h1>{again ? t.again : t.title}</h1>
        <p>{again ? t.againLead : t.lead}</p>
        <NotMade state={state} />
        <SetUpSteps step={view.step} says={t} />
        {view.step === 'ready' && <Look />}
        {view.step === 'ready' && <Update state={state} act={act} />}
      </div>
    </Stage>
  );
}

/** Nothing is signed here: what went wrong is said of the making. */
function NotMade({ state }: { state: State }) {
  const trouble = state.trouble.value;
  const t = setUpTexts.value;
  if (!trouble) return null;
  const says =
    trouble.kind === 'not-signed'
      ? trouble.why === 'address'
        ? t.address
        : t.notMade
      : trouble.kind === 'unexpected'
        ? t.notCertified
        : sentenceOf(trouble);
  return <Notice kind="blocked" loud title={says} />;
}

/** What a person with a laptop can press, and the way for who has nothing of the kind. */
function Which() {
  const t = setUpTexts.value;
  const own = useSignal(true);
  useEffect(() => {
    PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().then(
      (has) => void (own.value = has),
      () => undefined, // not told: then it is offered as ever
    );
  }, []);
  return (
    <div class="means">
      <h2>{t.which}</h2>
      <ul>
        <li>{own.value ? t.own : t.none}</li>
        <li>{t.phone}</li>
        <li>{t.key}</li>
      </ul>
      <p class="small">{t.copied}</p>
      <details>
        <summary>{t.developer}</summary>
        <p class="small">{t.developerSays}</p>
      </details>
    </div>
  );
}
