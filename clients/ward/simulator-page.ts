import type { SimulatorParts } from './simulator.ts';

/** What can happen to a patient with a monitor, and what somebody at the bed can press. */
export const DEEDS = [
  'arrhythmia',
  'desaturation',
  'lead-off',
  'motion',
  'over-range',
  'link-loss',
  'recover',
  'acknowledge',
  'pause',
] as const;
/** What can be done with the pacemaker's card. */
export const CARD_WORDS = [
  'insert',
  'remove',
  'lay-badge',
  'take-badge',
  'new-firmware',
  'old-firmware',
] as const;
/** What can become of the bag at the pump. */
export const BAG_WORDS = ['run-empty', 'new-bag'] as const;
/** What can become of the battery of pacemaker and pump. */
export const BATTERY_WORDS = ['battery-low', 'battery-good'] as const;
/** What can become of the phone of whoever wears the watch. */
export const PHONE_WORDS = ['away', 'back'] as const;

const SAYS: Readonly<Record<(typeof DEEDS)[number], string>> = {
  arrhythmia: 'Arrhythmia',
  desaturation: 'Desaturation',
  'lead-off': 'Lead off',
  motion: 'Shiver',
  'over-range': 'Light on sensor',
  'link-loss': 'Link loss (30 s)',
  recover: 'Recover',
  acknowledge: 'Acknowledge',
  pause: 'Pause audio (2 min)',
};

const THING_SAYS = {
  insert: 'Put it on the reader',
  remove: 'Take it off the reader',
  'lay-badge': 'Lay a badge beside it',
  'take-badge': 'Take the badge away',
  'new-firmware': 'Other firmware',
  'old-firmware': 'Its own firmware',
  away: 'Take the phone away',
  back: 'Bring the phone back',
  'run-empty': 'Let the bag run empty',
  'new-bag': 'Hang up a new bag',
  'battery-low': 'Battery low',
  'battery-good': 'New battery',
} satisfies Readonly<
  Record<
    | (typeof CARD_WORDS)[number]
    | (typeof PHONE_WORDS)[number]
    | (typeof BAG_WORDS)[number]
    | (typeof BATTERY_WORDS)[number],
    string
  >
>;

/** What was done, in the words of its button. */
export const doneSays = (bed: string, deed: keyof typeof SAYS | keyof typeof THING_SAYS): string =>
  `Done at ${bed}: ${{ ...SAYS, ...THING_SAYS }[deed].toLowerCase()}.`;

const button = (bed: string, deed: string, says: string): string =>
  `<form method="post" action="/"><input type="hidden" name="bed" value="${bed}">` +
  `<button name="do" value="${deed}">${says}<span class="aloud"> ${bed}</span></button></form>`;

const batteryOf = (name: string): readonly string[] =>
  BATTERY_WORDS.map((word) => button(name, word, THING_SAYS[word]));

const row = (name: string, band: Wristband | undefined, buttons: readonly string[]): string =>
  `<section><h3>${name}</h3><p>${bandSays(band)}</p><div>${buttons.join('')}</div></section>`;

const bandSays = (band: Wristband | undefined): string =>
  band ? `Wristband <b>${text(band.mrn)}</b>, born <b>${band.birthYear}</b>` : '';

/** What stands on a patient's wristband, and their year of birth. */
export interface Wristband {
  readonly device: string;
  readonly mrn: string;
  readonly birthYear: number;
}

/** The page, as one document without a script. @param says what was done, or why it was not; shown as text */
export function simulatorPage(
  { monitors, wristbands, card, phone, bag, pages }: Omit<SimulatorParts, 'port' | 'control'>,
  says?: string,
): string {
  const of = (name: string): Wristband | undefined => wristbands.find(({ device }) => device === name);
  const watch = phone
    ? row('watch-1', of('watch-1'), [
        button('watch-1', 'away', THING_SAYS.away),
        button('watch-1', 'back', THING_SAYS.back),
      ])
    : '';
  const pump = bag
    ? row('pump-1', of('pump-1'), [
        button('pump-1', 'run-empty', THING_SAYS['run-empty']),
        button('pump-1', 'new-bag', THING_SAYS['new-bag']),
        ...batteryOf('pump-1'),
      ])
    : '';
  const shown = ['pacemaker-1', ...(phone ? ['watch-1'] : []), ...(bag ? ['pump-1'] : []), ...monitors];
  const others = wristbands.filter(({ device }) => !shown.includes(device));
  const pacemaker = card
    ? row('pacemaker-1', of('pacemaker-1'), [
        ...CARD_WORDS.map((word) => button('pacemaker-1', word, THING_SAYS[word])),
        ...batteryOf('pacemaker-1'),
      ])
    : row('pacemaker-1', of('pacemaker-1'), ['This ward runs without a card reader.']);
  const beds = monitors.map((name) =>
    row(
      name,
      of(name),
      DEEDS.map((deed) => button(name, deed, SAYS[deed])),
    ),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SIMULATION: the patients</title>
<link rel="stylesheet" href="/simulator.css">
</head>
<body>
<main>
<p class="badge">Simulation</p>
<h1>The simulated patients</h1>
<p>Nobody real lies here. This page is what you would see at the beds: the wristbands, the implant and the monitors.</p>
<ol>
<li>Read a wristband here, and type its number on the tablet to find the patient.</li>
<li>The tablet asks for the implant? It lies on the reader, unless you take it off here.</li>
<li>The tablet asks for the year of birth? It is written beside the wristband.</li>
<li>Two people have to sign? Open the second signature in a window of its own, and be the colleague.</li>
</ol>
<p>The pages of the people of this ward: ${pages.map(({ title, url }) => `<a href="${text(url)}">${text(title)}</a>`).join(' ')}</p>
<p class="said" role="status">${says === undefined ? 'Nothing has been done here yet.' : text(says)}</p>
<h2>Implant, pump and watch</h2>
<p>They stay as you leave them.</p>
${[pacemaker, pump, watch, ...others.map((band) => row(band.device, band, []))].join('\n')}
<h2>Patients at a monitor</h2>
<p>Make something happen, and see on the tablet what becomes of it. Each lasts 90 seconds at most.</p>
${beds.join('\n')}
</main>
</body>
</html>
`;
}

const text = (raw: string): string =>
  raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export const SIMULATOR_CSS = `
:root { color-scheme: light dark; --ink: #14202b; --paper: #f3f5f7; --card: #fff; --line: #66737f; --focus: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --ink: #eef3f7; --paper: #0e151c; --card: #17212b; --line: #8494a3; --focus: #8db4f8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 18px/26px system-ui, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 16px 24px; }
h1 { margin: 8px 0; font-size: 24px; }
h2 { margin: 24px 0 4px; font-size: 20px; }
h3 { flex: none; margin: 0; width: 140px; font-size: 18px; white-space: nowrap; }
ol { margin: 8px 0; padding-left: 28px; }
a { display: inline-block; min-height: 44px; padding: 8px 12px; color: inherit; line-height: 28px; }
p { margin: 4px 0; }
.badge { display: inline-block; padding: 2px 12px; border: 2px dashed; border-radius: 4px; font-weight: 700;
  letter-spacing: 0.06em; text-transform: uppercase; }
.said { margin: 12px 0; padding: 8px 16px; border-left: 6px solid var(--line); background: var(--card); font-weight: 600; }
section { display: flex; align-items: center; gap: 8px; padding: 8px 0; border-bottom: 1px solid var(--line); }
section p { flex: none; width: 330px; }
section div { display: flex; flex-wrap: wrap; gap: 8px; }
form { margin: 0; }
button { min-height: 56px; padding: 8px 10px; border: 2px solid var(--line); border-radius: 9px; background: var(--card);
  color: var(--ink); font: 600 15px/20px system-ui, 'Segoe UI', Roboto, sans-serif; cursor: pointer; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.aloud { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
