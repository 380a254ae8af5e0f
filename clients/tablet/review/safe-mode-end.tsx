import { useEffect } from 'preact/hooks';
import { Notice } from '../../common/page/chip.tsx';
import type { Draft } from '../change/draft.ts';
import type { Reading } from '../device/reading.ts';
import type { Screen } from '../screen.ts';
import { Value } from '../frame/value.tsx';
import { texts } from '../words.ts';
import { beforeSafe } from './before-safe.ts';
import { reviewTexts } from './texts.ts';

/** What ending the safe mode does: no value comes back by itself. Beside each, what was set before the emergency. */
export function SafeModeEnd({ state, reading, draft }: Screen & { reading: Reading; draft: Draft }) {
  const t = reviewTexts.value;
  const { change } = texts.value;
  const { settings } = reading.attestation;
  const { back } = draft;
  useEffect(() => {
    const past = state.past.value;
    if (!past || back) return;
    void beforeSafe(past, reading)
      .catch(() => undefined)
      .then((before) => {
        const now = state.draft.value;
        if (now?.operation === draft.operation) state.draft.value = { ...now, back: before ?? new Map() };
      });
  }, [reading.id]);
  const known = back !== undefined && back.size > 0;
  const rows = reading.profile.parameters.filter(({ code }) =>
    (known ? back : reading.profile.safeState).has(code),
  );
  return (
    <>
      <Notice kind="caution" title={change.safeEnds} />
      <table class="table tight">
        <thead>
          <tr>
            <th scope="col">{change.setting}</th>
            {known && <th scope="col">{t.wasBefore}</th>}
            <th scope="col">{t.isNow}</th>
            <th scope="col">{t.isAfter}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((of) => (
            <tr key={of.code}>
              <th scope="row">{of.name}</th>
              {known && (
                <td>
                  <Value of={of} value={back.get(of.code) ?? 0} />
                </td>
              )}
              <td>
                <Value of={of} value={settings.get(of.code) ?? 0} />
              </td>
              <td>
                <Value of={of} value={settings.get(of.code) ?? 0} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p role="status">{back === undefined ? t.looking : known ? t.backAfter : t.notKnown}</p>
    </>
  );
}
