import { createHash } from 'node:crypto';
import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import { hexRows } from './hex-view.ts';
import { xml } from './junit.ts';
import { locate } from './locate.ts';
import {
  type Failure,
  type Judgement,
  judgementOf,
  type Outcome,
  type Report,
  tally,
  type Verdict,
} from './report.ts';
import { STYLE } from './style.ts';

const WORD: Readonly<Record<Verdict, string>> = {
  pass: 'passed',
  fail: 'failed',
  warn: 'with a warning',
  skip: 'skipped',
  error: 'not tried',
};
const SIGN: Readonly<Record<Verdict, string>> = { pass: '✔', fail: '✘', warn: '!', skip: '–', error: '?' };
const SENTENCE: Readonly<Record<Judgement, string>> = {
  CONFORMS: 'Every case that applies here passed.',
  'DOES NOT CONFORM':
    'At least one case failed. Each failure below says what was expected, and shows the bytes.',
  'NOT DECIDED': 'Not every case was tried, so nothing is said of the whole.',
};

/** Cases by the first part of their id, in the order in which they ran. */
const GROUPS: Readonly<Record<string, string>> = {
  door: 'The devices’ door',
  attest: 'Devices that do not show who they are',
  telemetry: 'Telemetry',
  station: 'Reader stations',
  command: 'What is delivered',
  answer: 'What devices say of a command',
  sign: 'What people sign',
  link: 'The network link',
  tap: 'The encrypted tap',
  apdu: 'The card applet',
  open: 'Opening',
  receipt: 'Receipts on request',
  message: 'Messages that are none',
  accept: 'What it has to take',
  form: 'Form (check 1)',
  place: 'Place (checks 3 and 4)',
  operation: 'Operations (check 5)',
  beside: 'What travels beside (check 5)',
  limits: 'Limits (check 6)',
  mode: 'Mode (check 7)',
  tier: 'Tier (check 8)',
  grant: 'The grant (check 9)',
  proof: 'The log proof (check 10)',
  list: 'The revocation list (check 11)',
  credential: 'Credentials (check 12)',
  approval: 'Approvals (check 13)',
  two: 'Two people (check 14)',
  anchors: 'Trust anchors',
  power: 'Power cuts',
  fuzz: 'Noise',
  emergency: 'The emergency safe mode',
  rates: 'Many small changes',
  work: 'Work, counted',
  budget: 'What strangers may cost',
};

/** The run as one page without scripts: it opens from a file, anywhere, and its policy lets nothing else load. */
export function html(report: Report): string {
  const judgement = judgementOf(report);
  const digest = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${xml(`${judgement}: ${report.device.name}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Countersign ${report.subject} conformance, protocol version ${report.protocol}</p>
<h1>${xml(report.device.name)}</h1>
<p class="judgement ${judgement === 'CONFORMS' ? 'pass' : judgement === 'NOT DECIDED' ? 'warn' : 'fail'}"><strong>${judgement}</strong> ${SENTENCE[judgement]}</p>
${counts(report)}
${facts(report)}
</header>
${failures(report)}
<h2>Every case</h2>
${groupsOf(report).map(group).join('\n')}
<footer><p>Simulated hospital, test keys. This report is not a certification; the signed statement beside it says which report it is about.</p></footer>
</main>
</body>
</html>
`;
}

function counts(report: Report): string {
  const all = tally(report);
  const verdicts: readonly Verdict[] = ['pass', 'fail', 'warn', 'skip', 'error'];
  const items = verdicts.map(
    (verdict) => `<li class="${verdict}"><span class="number">${all[verdict]}</span> ${WORD[verdict]}</li>`,
  );
  return `<ul class="counts" aria-label="Results">${items.join('')}</ul>`;
}

function facts({ subject, anchors = '', device, profile, started, ms, seed, kit }: Report): string {
  const about: readonly (readonly [string, string])[] =
    subject === 'gateway'
      ? [
          ['Digest of its anchors', anchors],
          ['Device played for it', device.id],
          ['Profile of that device', `${profile.model}, version ${profile.version}, by ${profile.maker}`],
        ]
      : [
          ['Device', device.id],
          ['Link', device.link === 'nfc' ? 'card reader (NFC)' : 'network (WebSocket)'],
          ['Firmware digest', device.firmware || 'not attested'],
          ['Profile', `${profile.model}, version ${profile.version}, by ${profile.maker}`],
          ['Profile hash', profile.hash],
        ];
  const rows: readonly (readonly [string, string])[] = [
    ...about,
    [
      'Run',
      `${started.replace('T', ' ').slice(0, 19)} UTC, ${(ms / 1000).toFixed(1)} s, seed ${seed}, kit ${kit}`,
    ],
  ];
  return `<dl>${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${xml(value)}</dd></div>`).join('')}</dl>`;
}

function failures({ outcomes }: Report): string {
  const failed = outcomes.filter(({ failure }) => failure);
  if (failed.length === 0) return '';
  const links = failed.map(({ id, says }) => `<li><a href="#${xml(id)}">${xml(id)}</a> ${xml(says)}</li>`);
  return `<section aria-labelledby="failures"><h2 id="failures">What failed</h2><ol>${links.join('')}</ol></section>`;
}

function groupsOf({ outcomes }: Report): readonly (readonly [name: string, outcomes: readonly Outcome[]])[] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const name = outcome.id.slice(0, outcome.id.indexOf('.'));
    groups.set(name, [...(groups.get(name) ?? []), outcome]);
  }
  return [...groups];
}

function group([name, outcomes]: readonly [string, readonly Outcome[]]): string {
  const bad = outcomes.filter(({ verdict }) => verdict === 'fail' || verdict === 'error').length;
  const passed = outcomes.filter(({ verdict }) => verdict === 'pass').length;
  const skipped = outcomes.filter(({ verdict }) => verdict === 'skip').length;
  const tried = outcomes.length - skipped;
  const sum =
    bad > 0 ? `${bad} of ${tried} failed` : tried === 0 ? 'does not apply' : `${passed} of ${tried} passed`;
  const look = bad > 0 ? 'fail' : tried === 0 ? 'none' : 'pass';
  return `<details${bad > 0 ? ' open' : ''}>
<summary><span>${xml(GROUPS[name] ?? name)}</span><span class="sum ${look}">${sum}</span></summary>
<ul class="cases">${outcomes.map(caseItem).join('')}</ul>
</details>`;
}

function caseItem({ id, says, section, verdict, ms, note, failure }: Outcome): string {
  const more = note === undefined ? '' : `<p class="note">${xml(note)}</p>`;
  return `<li id="${xml(id)}" class="${verdict}">
<p><span class="sign" aria-hidden="true">${SIGN[verdict]}</span><span class="hidden">${WORD[verdict]}: </span><code>${xml(id)}</code> ${xml(says)} <span class="where">section ${xml(section)} · ${ms} ms</span></p>${more}${failure ? failureBlock(failure) : ''}</li>`;
}

function failureBlock({ rule, expected, got, field, sent, received }: Failure): string {
  const rows = [
    ['Rule', rule],
    ['Expected', expected],
    ['Got', got],
    ['Field', field],
  ].filter(([, value]) => value !== '');
  const list = rows
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${xml(value ?? '')}</dd></div>`)
    .join('');
  return `<dl class="failure">${list}</dl>${bytes('Sent', sent, field)}${bytes('Received', received, field)}`;
}

/** Bytes around the field that is meant, which is marked; all of them below, to copy. */
function bytes(title: string, digits: string, field: string): string {
  if (digits === '') return '';
  const message = unhex(digits);
  const rows = hexRows(message, locate(message, field)).map((row) => {
    if (!row) return '      …';
    const cells = row.bytes.map(({ hex, marked }) => (marked ? `<mark>${hex}</mark>` : hex));
    return `${row.offset}  ${cells.join(' ')}`;
  });
  return `<p class="bytes">${title}, ${message.length} bytes</p><pre tabindex="0">${rows.join('\n')}</pre><details class="whole"><summary><span>All of it in hexadecimal</span></summary><pre tabindex="0" class="wrap">${digits}</pre></details>`;
}
