import { Icon, type Kind } from './icon.tsx';

/** How far a visitor's first day is: nothing yet, at the passkey, the hospital certifies it, the link for signing in is there. */
export type SetUpStep = 'ready' | 'passkey' | 'certifying' | 'link';

/** What is said of each of the three steps. */
export interface SetUpSays {
  readonly step1: string;
  readonly step1Says: string;
  readonly step2: string;
  readonly step2Says: string;
  readonly step3: string;
  readonly step3Says: string;
}

/** The visitor's first day: three steps that lead into each other, and each says what it is for. */
export function SetUpSteps({ step, says }: { readonly step: SetUpStep; readonly says: SetUpSays }) {
  const at = (['ready', 'passkey', 'certifying', 'link'] as const).indexOf(step);
  const kind = (from: number, to: number): Kind => (at > to ? 'verified' : at >= from ? 'busy' : 'waiting');
  const steps = [
    { kind: kind(0, 1), title: says.step1, says: says.step1Says },
    { kind: kind(2, 2), title: says.step2, says: says.step2Says },
    { kind: kind(3, 3), title: says.step3, says: says.step3Says },
  ];
  return (
    <ol class="steps">
      {steps.map(({ kind, title, says: what }) => (
        <li key={title} aria-current={kind === 'busy' ? 'step' : undefined}>
          <Icon kind={kind} size={24} />
          <div>
            <h2>{title}</h2>
            <p class="quiet">{what}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}
