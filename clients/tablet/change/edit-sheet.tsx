import { useSignal } from '@preact/signals';
import type { Parameter } from '../../../server/protocol/profile.ts';
import { Button } from '../../common/page/button.tsx';
import { Notice } from '../../common/page/chip.tsx';
import { Sheet } from '../../common/page/sheet.tsx';
import { brokenRule, isHigh, isOutside, partners } from './draft.ts';
import { choices, EMPTY, judged, needsAgain, valueOf } from './entry.ts';
import type { Screen } from '../screen.ts';
import { Keypad } from './keypad.tsx';
import { LimitScale } from './limit-scale.tsx';
import type { Reading } from '../device/reading.ts';
import { rangeSays } from '../site/range.ts';
import { siteTexts } from '../site/texts.ts';
import { faultSays } from './entry-words.ts';
import { Value } from '../frame/value.tsx';
import { number, texts, unitOf, wholeValue } from '../words.ts';

/** One setting: its value, its limits, and the new value from a list or a keypad. */
export function EditSheet({ state, act, reading, of }: Screen & { reading: Reading; of: Parameter }) {
  const { edit } = texts.value;
  const on = reading.attestation.settings.get(of.code) ?? 0;
  const draft = state.draft.value;
  const before = draft?.changes.get(of.code);
  const list = choices(of, on);
  const picked = useSignal<number | undefined>(before);
  const entry = useSignal(EMPTY);
  const first = useSignal<number | undefined>(undefined);

  const typed = list ? undefined : valueOf(entry.value.text, of, on);
  const value = list ? picked.value : typed && 'value' in typed ? typed.value : undefined;
  const others = new Map(draft?.changes);
  others.delete(of.code);
  const rule =
    value === undefined
      ? undefined
      : brokenRule(reading.profile, reading.attestation.settings, new Map(others).set(of.code, value));
  const again = value !== undefined && first.value === undefined && needsAgain(of, on, value);
  const differs = first.value !== undefined && value !== undefined && value !== first.value;
  const outside = value !== undefined && isOutside(reading, of.code, value);
  const range = rangeSays(reading, of);
  const fault = typed && 'fault' in typed ? faultSays(typed.fault, of) : undefined;
  const off =
    value === undefined
      ? (fault ?? edit.choose)
      : rule !== undefined && !canWait(reading, of, rule)
        ? edit.rule(rule)
        : differs
          ? edit.differs
          : undefined;

  const take = (): void => {
    if (value === undefined) return;
    if (again) {
      first.value = value;
      entry.value = EMPTY;
      picked.value = undefined;
    } else act.take(of.code, value);
  };
  return (
    <Sheet id="edit" title={edit.title(of.name)}>
      <div class="edit">
        <div class="edit-left">
          <dl class="now-next">
            <div>
              <dt>{edit.now}</dt>
              <dd>
                <Value of={of} value={on} />
              </dd>
            </div>
            <div>
              <dt>{edit.next}</dt>
              <dd aria-live="polite">
                {list ? (
                  value === undefined ? (
                    <span class="value">
                      <b>–</b>
                    </span>
                  ) : (
                    <Value of={of} value={value} />
                  )
                ) : (
                  <span class="value typed">
                    <b>{entry.value.text === '' ? '–' : entry.value.text}</b>
                    <span>{unitOf(of)}</span>
                  </span>
                )}
              </dd>
            </div>
          </dl>
          {of.min < of.max && (
            <>
              <LimitScale of={of} on={on} next={value} site={reading.siteRanges?.get(of.code)} />
              <p class="small">
                {edit.limits(number(of.min, of.scale), number(of.max, of.scale), unitOf(of))}.{' '}
                {range !== undefined && <b>{range}. </b>}
                {edit.most(number(of.maxChange, of.scale), unitOf(of))}.
              </p>
            </>
          )}
          {outside ? (
            <Notice kind="caution" title={rangeSays(reading, of, true) ?? ''} />
          ) : (
            <p>{(value === undefined ? of.risk === 2 : isHigh(of, on, value)) ? edit.high : edit.low}</p>
          )}
          {first.value !== undefined && (
            <Notice kind="caution" title={edit.again}>
              <p>
                {edit.againSays(
                  wholeValue(of, first.value),
                  String(Math.floor(Math.max(first.value / on, on / first.value))),
                )}
              </p>
            </Notice>
          )}
          {rule !== undefined && (
            <Notice kind="caution" title={edit.rule(rule)}>
              <p class="chips">
                {partners(reading.profile, of.code, rule).map((partner) => (
                  <Button key={partner.code} onClick={() => act.edit(partner.code)}>
                    {edit.opens(partner.name)}
                  </Button>
                ))}
              </p>
            </Notice>
          )}
        </div>
        <div class="edit-right">
          {list ? (
            <ValueKeys
              reading={reading}
              of={of}
              on={on}
              values={list}
              picked={picked.value}
              pick={(v) => (picked.value = v)}
            />
          ) : (
            <Keypad entry={entry.value} of={of} press={(next) => (entry.value = next)} />
          )}
        </div>
      </div>
      <div class="sheet-bar">
        <Button tall onClick={act.closeSheet}>
          {edit.cancel}
        </Button>
        <Button kind="main" tall onClick={take} off={off}>
          {again ? edit.again : edit.done}
        </Button>
      </div>
    </Sheet>
  );
}

/** A rule over several settings may be mended by changing another one before signing. */
const canWait = (reading: Reading, of: Parameter, rule: string): boolean =>
  partners(reading.profile, of.code, rule).length > 0;

function ValueKeys({
  reading,
  of,
  on,
  values,
  picked,
  pick,
}: {
  reading: Reading;
  of: Parameter;
  on: number;
  values: readonly number[];
  picked: number | undefined;
  pick: (value: number) => void;
}) {
  const { edit } = texts.value;
  return (
    <div class="value-keys" role="group" aria-label={edit.choose}>
      {values.map((value) => {
        const verdict = judged(value, of, on);
        const same = 'fault' in verdict && verdict.fault === 'same';
        return (
          <button
            key={value}
            type="button"
            class="key"
            aria-pressed={picked === value}
            disabled={'fault' in verdict}
            onClick={() => pick(value)}
          >
            {of.options.get(value) ?? number(value, of.scale)}
            {same && <span class="small">{edit.here}</span>}
            {!('fault' in verdict) && isOutside(reading, of.code, value) && (
              <span class="small">{siteTexts.value.key}</span>
            )}
          </button>
        );
      })}
    </div>
  );
}
