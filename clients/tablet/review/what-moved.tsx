import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Told } from '../../common/page/told.ts';
import type { Screen } from '../screen.ts';
import { Value } from '../frame/value.tsx';
import { texts } from '../words.ts';
import { reviewTexts } from './texts.ts';

/** What the device signed of an emergency, proven on this tablet: each setting that moved, before and after. */
export function WhatMoved({ state, command }: Pick<Screen, 'state'> & { command: string }) {
  const t = reviewTexts.value;
  const found = useSignal<Told | 'looking' | undefined>('looking');
  const [past, identity] = [state.past.value, state.reading.value?.identity];
  useEffect(() => {
    if (!past || !identity) return;
    void past
      .prove(command, identity)
      .then(({ verdict, told }) => (found.value = verdict === 'VERIFIED' ? told : undefined));
  }, [past, command]);
  const told = found.value;
  if (told === 'looking') return <p role="status">{t.looking}</p>;
  if (!told?.receipt) return <p>{t.unsigned}</p>;
  const moved = told.settings.filter(({ of, before, after }) => of.programmed && before !== after);
  return (
    <>
      <p>{t.signed(String(told.receipt.number))}</p>
      {moved.length === 0 ? (
        <p>{t.nothingMoved}</p>
      ) : (
        <table class="table tight">
          <thead>
            <tr>
              <th scope="col">{texts.value.change.setting}</th>
              <th scope="col">{t.wasBefore}</th>
              <th scope="col">{t.inSafe}</th>
            </tr>
          </thead>
          <tbody>
            {moved.map(({ of, before = 0, after = 0 }) => (
              <tr key={of.code}>
                <th scope="row">{of.name}</th>
                <td>
                  <Value of={of} value={before} />
                </td>
                <td>
                  <Value of={of} value={after} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
