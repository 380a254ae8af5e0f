import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import { isoTime } from '../../server/protocol/evidence/evidence-checks.ts';
import type { BundleReport } from '../../server/protocol/verify/bundle.ts';
import { tellEntry } from '../../server/protocol/verify/tell.ts';
import type { Check } from '../../server/protocol/verify/run-checks.ts';
import { CHECK_KINDS, checkName } from '../common/page/checks-texts.ts';
import { icon, make } from './dom.ts';
import { checkTexts, texts as t } from './words.ts';

/** Entries a page shows; the program has all of them. */
const MAX_SHOWN = 200;
type Entries = BundleReport['entries'];
type Raw = ReadonlyMap<number, Bytes>;

/** Nine checks, the story of each command, what is proven, and the entries with their bytes one level down. */
export function reportOf(report: BundleReport, raw: Raw): readonly Element[] {
  const { checks, commands, proves, entries } = report;
  return [
    make('h2', {}, t.checks),
    checkList(checks),
    ...(commands.length > 0 ? [make('h2', {}, t.commands)] : []),
    ...commands.map(({ hash, verdict, story, checks: own }) =>
      make(
        'section',
        { class: 'panel' },
        hash !== '' && make('h3', { class: 'mono' }, t.command(hash.slice(0, 16))),
        lines(story),
        commands.length > 1 && verdict !== 'VERIFIED' && checkList(own),
      ),
    ),
    ...(proves.length > 0 ? [make('h2', {}, t.proves), lines(proves, { class: 'proves' })] : []),
    ...(entries.length > 0 ? entryTable(entries, raw) : []),
  ];
}

const lines = (each: readonly string[], looks: Readonly<Record<string, string>> = {}): Element =>
  make('ul', { ...looks, lang: 'en' }, ...each.map((line) => make('li', {}, line)));

/** Checks with what each found and how anybody can make it. */
function checkList(checks: readonly Check[]): Element {
  const { pass, fail, notChecked, how: title } = checkTexts;
  const words = { PASS: pass, FAIL: fail, 'NOT CHECKED': notChecked };
  const items = checks.map((check, i) => {
    const { verdict, says, how } = check;
    const kind = CHECK_KINDS[verdict];
    return make(
      'li',
      {},
      make('span', { class: `chip ${kind}` }, icon(kind), words[verdict]),
      make(
        'div',
        {},
        make('strong', {}, `${i + 1}. ${checkName(checkTexts, check)}`),
        make('p', { class: 'found', lang: 'en' }, says),
        make('details', {}, make('summary', {}, title), make('p', { lang: 'en' }, how)),
      ),
    );
  });
  return make('ol', { class: 'checks' }, ...items);
}

function entryTable(entries: Entries, raw: Raw): readonly Element[] {
  const button = make('button', { type: 'button', class: 'button plain' }, t.showBytes);
  const body = make('tbody', {}, ...rows(entries, undefined));
  let open = false;
  button.addEventListener('click', () => {
    open = !open;
    button.textContent = open ? t.hideBytes : t.showBytes;
    body.replaceChildren(...rows(entries, open ? raw : undefined));
  });
  const heads = [t.entry, t.time, t.says].map((head) => make('th', { scope: 'col' }, head));
  const more = entries.length - MAX_SHOWN;
  return [
    make('div', { class: 'row' }, make('h2', {}, t.entries(String(entries.length))), button),
    make('table', { class: 'table' }, make('thead', {}, make('tr', {}, ...heads)), body),
    ...(more > 0 ? [make('p', { class: 'quiet' }, t.more(String(more)))] : []),
  ];
}

/** A row for each entry, with its bytes where they are given. */
const rows = (entries: Entries, raw: Raw | undefined): readonly Element[] =>
  entries
    .slice(0, MAX_SHOWN)
    .map(({ index, entry }) =>
      make(
        'tr',
        {},
        make('td', {}, String(index)),
        make('td', {}, isoTime(Math.floor(entry.time / 1000))),
        make(
          'td',
          { lang: 'en' },
          tellEntry(entry),
          raw && make('div', { class: 'mono found' }, hex(raw.get(index) ?? new Uint8Array())),
        ),
      ),
    );
