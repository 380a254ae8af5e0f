import type { ComponentChildren } from 'preact';
import { takeFocus } from './focus.ts';

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void | Promise<void>;
  readonly kind?: 'main' | 'plain' | 'danger';
  /** 72 px high, for the bottom bar. */
  readonly tall?: boolean;
  readonly wide?: boolean;
  /** Why it cannot be pressed. A control that is off always says so in a sentence that everybody sees. */
  readonly off?: string | undefined;
  /** The main control of its screen: it has the focus when the screen appears, for who works without touching. */
  readonly focus?: boolean;
}

/** A button which, when it cannot be pressed, says why. */
export function Button({ children, onClick, kind = 'plain', tall, wide, off, focus }: ButtonProps) {
  const looks = [
    'button',
    kind === 'main' ? 'primary' : kind,
    tall === true && 'tall',
    wide === true && 'wide',
  ]
    .filter(Boolean)
    .join(' ');
  return (
    <>
      <button
        type="button"
        class={looks}
        aria-disabled={off === undefined ? undefined : 'true'}
        ref={focus === true ? takeFocus : null}
        onClick={() => void (off === undefined && onClick())}
      >
        {children}
      </button>
      {off !== undefined && <span class="small">{off}</span>}
    </>
  );
}
