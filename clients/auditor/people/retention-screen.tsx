import { Waiting } from '../overview/review-screens.tsx';
import type { Screen } from '../screen.ts';
import { dayAndClock, offsetText } from '../frame/times.ts';
import { RETENTION_EN } from '../texts/privacy-en.ts';
import { texts } from '../words.ts';

type RecordClass = keyof typeof RETENTION_EN.classes;
const isClass = (name: string): name is RecordClass => Object.hasOwn(RETENTION_EN.classes, name);

/** How long what is kept, what a hold keeps longer, and who was erased by whom. */
export function RetentionScreen({ state, act }: Screen) {
  const { retention: t } = texts.value;
  const view = state.retention.value;
  if (typeof view === 'string') return <Waiting state={view} again={() => act.look('retention')} />;
  return (
    <div class="sheet-wide">
      <h1>{t.title}</h1>
      <p class="quiet">{t.says}</p>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.class}</th>
            <th scope="col">{t.years}</th>
            <th scope="col">{t.basis}</th>
          </tr>
        </thead>
        <tbody>
          {view.retention.map(({ class: name, years, basis }) => (
            <tr key={name}>
              <th scope="row">{isClass(name) ? t.classes[name] : name}</th>
              <td>{t.atLeast(String(years))}</td>
              <td lang="en">{basis}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{t.holds}</h2>
      {view.holds.length === 0 ? (
        <p class="quiet">{t.noHolds}</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.about}</th>
              <th scope="col">{t.text}</th>
              <th scope="col">{`${t.since} ${offsetText(Date.now())}`}</th>
              <th scope="col">{t.by}</th>
            </tr>
          </thead>
          <tbody>
            {view.holds.map(({ about, text, time, by }) => (
              <tr key={about}>
                <td class="mono">{about.length > 20 ? `${about.slice(0, 12)}…` : about}</td>
                <td>{text}</td>
                <td>{dayAndClock(time)}</td>
                <td class="mono">{by.slice(0, 8)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h2>{t.erased}</h2>
      {view.erased.length === 0 ? (
        <p class="quiet">{t.noErased}</p>
      ) : (
        <ul class="plain">
          {view.erased.map(({ patient, when, by }) => (
            <li key={`${patient} ${when}`}>
              {t.erasedOne(patient, `${dayAndClock(when)} ${offsetText(when)}`, by.slice(0, 8))}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
