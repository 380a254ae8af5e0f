import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

interface ReasonFieldsProps<Reason extends string> {
  /** Names the two fields in the page. */
  readonly id: string;
  readonly title: string;
  readonly reasons: readonly Reason[];
  readonly words: Readonly<Record<Reason, string>>;
  readonly reason: Signal<Reason | undefined>;
  /** What the field for more words is called. */
  readonly more: string;
  readonly text: Signal<string>;
  /** Characters at most. */
  readonly most: number;
  /** What stands below the field. */
  readonly children?: ComponentChildren;
}

/** Why somebody does what others look at afterwards: one reason of a list, and more words. */
export function ReasonFields<Reason extends string>(props: ReasonFieldsProps<Reason>) {
  const { id, title, reasons, words, reason, more, text, most, children } = props;
  return (
    <>
      <fieldset>
        <legend>{title}</legend>
        {reasons.map((one) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name={`${id}-reason`}
              checked={reason.value === one}
              onChange={() => (reason.value = one)}
            />
            {words[one]}
          </label>
        ))}
      </fieldset>
      <div class="field">
        <label for={`${id}-text`}>{more}</label>
        <input
          id={`${id}-text`}
          class="input"
          autocomplete="off"
          maxLength={most}
          value={text.value}
          onInput={({ currentTarget }) => (text.value = currentTarget.value)}
        />
        {children}
      </div>
    </>
  );
}
