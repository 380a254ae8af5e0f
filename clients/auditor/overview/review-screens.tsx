import { Button } from '../../common/page/button.tsx';
import { Chip, Notice } from '../../common/page/chip.tsx';
import type { Screen } from '../screen.ts';
import { day, dayAndClock, offsetText } from '../frame/times.ts';
import { deviceName, grouped, rolesIn, texts } from '../words.ts';
import { CONSOLE_EN } from '../texts/console-en.ts';

type GapKind = keyof typeof CONSOLE_EN.gaps.kinds;
const isKind = (kind: string): kind is GapKind => Object.hasOwn(CONSOLE_EN.gaps.kinds, kind);

/** What should be in the log and is not, or the other way round. */
export function GapsScreen({ state, act }: Screen) {
  const { gaps: t, list } = texts.value;
  const gaps = state.gaps.value;
  if (typeof gaps === 'string') return <Waiting state={gaps} again={() => act.look('gaps')} />;
  const fork = gaps.find(({ kind }) => kind === 'fork');
  return (
    <div class="sheet-wide">
      <h1>{t.title}</h1>
      <p class="quiet">{t.says}</p>
      {fork && (
        <section class="forked">
          <Notice kind="blocked" loud title={t.fork}>
            <p lang="en">{fork.says}</p>
          </Notice>
          <div class="heads">
            <div>
              <h2>{t.ours}</h2>
              <pre>{fork.heads?.ours ?? '–'}</pre>
            </div>
            <div>
              <h2>{t.theirs}</h2>
              <pre>{fork.heads?.theirs ?? t.notShown}</pre>
            </div>
          </div>
          <p>{t.whatNow}</p>
        </section>
      )}
      {gaps.length === 0 ? (
        <p role="status">{t.none}</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.kind}</th>
              <th scope="col">{t.device}</th>
              <th scope="col">{t.explanation}</th>
              <th scope="col">{t.entry}</th>
            </tr>
          </thead>
          <tbody>
            {gaps.map(({ kind, device, command, entry, says }) => (
              <tr key={`${kind} ${entry} ${device ?? ''} ${says}`} class="stale">
                <td>
                  <Chip kind="unknown">{isKind(kind) ? t.kinds[kind] : kind}</Chip>
                </td>
                <td>{device === undefined ? list.noDevice : deviceName(state, device)}</td>
                <td lang="en">{says}</td>
                <td>
                  {command === undefined ? (
                    entry
                  ) : (
                    <Button
                      onClick={() => {
                        state.filters.value = { rows: 'all', text: command };
                        act.go('commands');
                      }}
                    >
                      {t.open}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

const DAY_MS = 86_400_000;
/** Nobody who works here goes this long without signing. */
const DORMANT_DAYS = 90;
/** From this many changes on it is worth a question that the same two always sign them. */
const MANY = 5;

const daysSince = (time: number): number => Math.max(0, Math.floor((Date.now() - time) / DAY_MS));

/** Certified for long, and not used for long. */
const isDormant = (last: number | undefined, notBefore: number | undefined): boolean =>
  daysSince(last ?? (notBefore ?? Date.now() / 1_000) * 1_000) >= DORMANT_DAYS;

/** Who may do what and since when, how often they did, who broke the glass, and who signed with whom. */
export function AccessScreen({ state, act }: Screen) {
  const { access: t } = texts.value;
  const access = state.access.value;
  if (typeof access === 'string') return <Waiting state={access} again={() => act.look('access')} />;
  const short = (id: string): string => id.slice(0, 8);
  const byFirst = (kid: string): number =>
    access.pairs.reduce((sum, { first, together }) => sum + (first === kid ? together : 0), 0);
  return (
    <div class="sheet-wide">
      <h1>{t.title}</h1>
      <p class="quiet">{t.says}</p>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.person}</th>
            <th scope="col">{t.key}</th>
            <th scope="col">{t.roles}</th>
            <th scope="col">{t.since}</th>
            <th scope="col">{t.until}</th>
            <th scope="col">{t.signed}</th>
            <th scope="col">{t.glass}</th>
            <th scope="col">{`${t.last} ${offsetText(Date.now())}`}</th>
          </tr>
        </thead>
        <tbody>
          {access.people.map(({ kid, subject, roles, signed, glass, last, notBefore, notAfter }) => (
            <tr key={kid}>
              <th scope="row" class="mono">
                {short(subject)}
              </th>
              <td class="mono">{short(kid)}</td>
              <td>{rolesIn(roles)}</td>
              <td>
                {notBefore === undefined
                  ? '–'
                  : `${day(notBefore * 1_000)} · ${t.days(grouped(daysSince(notBefore * 1_000)))}`}
              </td>
              <td>{notAfter === undefined ? t.gone : day(notAfter * 1_000)}</td>
              <td>
                <button
                  type="button"
                  class="link"
                  aria-label={`${t.signed}: ${signed}`}
                  onClick={() => {
                    state.filters.value = { rows: 'all', person: kid };
                    act.go('commands');
                  }}
                >
                  {grouped(signed)}
                </button>
              </td>
              <td>
                {glass === 0 ? (
                  0
                ) : (
                  <Chip kind="caution">
                    <button
                      type="button"
                      class="link"
                      aria-label={`${t.glass}: ${glass}`}
                      onClick={() => {
                        state.filters.value = { rows: 'events', action: 'breakGlass', person: kid };
                        act.go('commands');
                      }}
                    >
                      {grouped(glass)}
                    </button>
                  </Chip>
                )}
              </td>
              <td>
                {last === undefined ? t.never : dayAndClock(last)}{' '}
                {notAfter !== undefined && isDormant(last, notBefore) && (
                  <Chip kind="unknown">{t.dormant}</Chip>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>{t.pairs}</h2>
      {access.pairs.length === 0 ? (
        <p class="quiet">{t.noPairs}</p>
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.first}</th>
              <th scope="col">{t.second}</th>
              <th scope="col">{t.together}</th>
              <th scope="col">{t.differed}</th>
            </tr>
          </thead>
          <tbody>
            {access.pairs.map(({ first, second, together, differed }) => (
              <tr key={`${first} ${second}`}>
                <td class="mono">{short(first)}</td>
                <td class="mono">{short(second)}</td>
                <td>
                  {t.of(grouped(together), grouped(byFirst(first)))}{' '}
                  {together >= MANY && together === byFirst(first) && <Chip kind="caution">{t.always}</Chip>}
                </td>
                <td>{grouped(differed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

export function Waiting({ state, again }: { state: 'loading' | 'failed'; again: () => Promise<void> }) {
  const { overview, list } = texts.value;
  if (state === 'loading')
    return (
      <p class="note" role="status">
        {overview.loading}
      </p>
    );
  return (
    <div class="note">
      <p>{list.failed}</p>
      <Button onClick={again}>{list.again}</Button>
    </div>
  );
}
