import { Notice } from '../../common/page/chip.tsx';
import type { KnownDevice } from '../device/known-devices.ts';
import { endOf, texts, wholeValue } from '../words.ts';

interface WhoseSafeMode {
  /** EUI-64, hexadecimal. */
  readonly device: string;
  readonly known: KnownDevice;
}

/** What the device does in its safe mode, by the profile that its maker signed: in a sentence, with each value. */
export function WhatItDoes({ device, known: { profile } }: WhoseSafeMode) {
  const { emergency: t } = texts.value;
  const safe = profile.parameters.flatMap((of) => {
    const value = profile.safeState.get(of.code);
    return value === undefined ? [] : [{ of, value }];
  });
  // A maker may fix that a pump gives nothing: then nobody is told that therapy goes on.
  const ends = safe.some(({ of, value }) => of.risk === 2 && (value === 0 || isOff(of.options.get(value))));
  return (
    <>
      <h2>{t.switches(profile.model, endOf(device))}</h2>
      {ends && <Notice kind="caution" title={t.mayEnd} />}
      <p>{ends ? t.stays : `${t.goesOn} ${t.stays}`}</p>
      <dl class="facts safe">
        {safe.map(({ of, value }) => (
          <div key={of.code}>
            <dt>{of.name}</dt>
            <dd>
              <b>{wholeValue(of, value)}</b>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const isOff = (name: string | undefined): boolean => name?.toLowerCase() === 'off';

/** The first screen: what will happen to which device, as far as this tablet knows it, and in which order. Nothing is sent yet. */
export function EmergencyFirst({
  expects,
  network,
}: {
  expects?: WhoseSafeMode | undefined;
  network: boolean;
}) {
  const { emergency: t } = texts.value;
  return (
    <>
      {network && <Notice kind="caution" title={t.network} />}
      {expects ? <WhatItDoes {...expects} /> : <h2>{t.anyDevice}</h2>}
      <p>
        <b>{t.confirmSays}</b>
      </p>
      <ol class="order">
        {Object.values(t.order).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </>
  );
}
