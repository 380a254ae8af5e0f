import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { language, type Texts } from '../../clients/common/page/texts.ts';
import { CAMERA_DE } from '../../clients/tablet/camera/texts-de.ts';
import { CAMERA_EN } from '../../clients/tablet/camera/texts-en.ts';
import { CAUTIONS_DE } from '../../clients/tablet/cautions/texts-de.ts';
import { CAUTIONS_EN } from '../../clients/tablet/cautions/texts-en.ts';
import { ELSEWHERE_DE } from '../../clients/tablet/elsewhere/texts-de.ts';
import { ELSEWHERE_EN } from '../../clients/tablet/elsewhere/texts-en.ts';
import { GLASS_DE } from '../../clients/tablet/glass/texts-de.ts';
import { GLASS_EN } from '../../clients/tablet/glass/texts-en.ts';
import { REVIEW_DE } from '../../clients/tablet/review/texts-de.ts';
import { REVIEW_EN } from '../../clients/tablet/review/texts-en.ts';
import { TAP_DE } from '../../clients/tablet/tap/texts-de.ts';
import { TAP_EN } from '../../clients/tablet/tap/texts-en.ts';
import { GERMAN } from '../../clients/tablet/texts/german.ts';
import { refusalSays, texts } from '../../clients/tablet/words.ts';
import { REFUSALS, type RefusalCode } from '../../server/protocol/refusal.ts';

const KEPT = new URL('states-said.json', import.meta.url);
const LANGUAGES = ['en', 'de'] as const;
/** Words that say nothing, or promise what nobody knows; a percentage says of nothing how much. */
const NEVER = {
  en: /\boops\b|success|something went wrong|are you sure|please|sorry|%/iu,
  de: /\b(ups|hoppla)\b|erfolg|schiefgegangen|sind sie sicher|bitte |leider|%/iu,
} as const;
const TO_DO = {
  en: /\b(read|choose|wait|ask|check|call|sign|use|bring|reload|bind|tap|end|take|try|talk|confirm|resume|must)\b/iu,
  de: /\b(lesen|wählen|warten|fragen|prüfen|rufen|melden|nehmen|bringen|laden|binden|benutzen|versuchen|tippen|beenden|bitten|unterschreiben|sprechen|bestätigen|setzen|muss)\b/iu,
} as const;

/** Every text of a catalogue by its path, with its blanks filled in. */
function* said(of: Texts, at = ''): Generator<[string, string]> {
  for (const [key, text] of Object.entries(of)) {
    if (typeof text === 'string') yield [`${at}${key}`, text];
    else if (typeof text === 'function')
      yield [`${at}${key}`, text(...(['E_LINK', 'x', 'x', 'x'] as never[]))];
    else yield* said(text, `${at}${key}.`);
  }
}

const codes = Object.keys(REFUSALS) as RefusalCode[];

describe('N6: what the tablet says of a command', () => {
  afterEach(() => void (language.value = 'en'));

  const speak = async (one: (typeof LANGUAGES)[number]): Promise<void> => {
    language.value = one;
    const word = one === 'de' ? 'Erledigt' : 'Done'; // the German is fetched
    while (texts.value.command.doneTitle !== word) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  /** Each state of a command, and each way it ends, as a person reads it. */
  const states = (): Record<string, string> => {
    const { command: t, trouble } = texts.value;
    const steps = [
      'second',
      'checked',
      'cooling',
      'logged',
      'granted',
      'sent',
      'answered',
      'verified',
    ] as const;
    return {
      signed: `${t.signed('Dr A')}. ${t.signedSays}.`,
      ...Object.fromEntries(steps.map((step) => [step, `${t[step]}. ${t[`${step}Says`]}.`])),
      before: t.notYet,
      waiting: `${t.waitTitle}. ${t.waitSays}`,
      done: `${t.doneTitle}. ${t.doneSays('50 per minute')}`,
      modified: t.modified,
      unknown: `${t.unknownTitle}. ${t.unknownSays}`,
      differs: `${t.differsTitle} ${t.differsSays}`,
      unverified: `${t.unverifiedTitle}. ${t.unverifiedSays} ${trouble.code('E_LOG_PROOF')}.`,
      ...Object.fromEntries(
        codes.map((code) => [code, `${t.refusedTitle}. ${t.device.unchanged} ${refusalSays(code)}`]),
      ),
      changed: t.device.changed,
      'not asked': t.device['not-asked'],
    };
  };

  it('is what was agreed, word for word, in both languages', async () => {
    const now: Record<string, Record<string, string>> = {};
    for (const one of LANGUAGES) {
      await speak(one);
      now[one] = states();
    }
    const text = `${JSON.stringify(now, null, 2)}\n`;
    if (process.env['WRITE'] === 'states') writeFileSync(KEPT, text);
    assert.equal(text, readFileSync(KEPT, 'utf8'), 'look at each change, then run with WRITE=states');
  });

  it('keeps "Done" for the one state in which it is verified', async () => {
    for (const [one, word] of [
      ['en', /^Done\b/u],
      ['de', /^Erledigt\b/u],
    ] as const) {
      await speak(one);
      const found = Object.entries(states()).filter(([, text]) => word.test(text));
      assert.deepEqual(
        found.map(([name]) => name),
        ['done'],
        one,
      );
    }
  });

  it('tells of every refusal what happened, the state of the device, what to do, and the code', async () => {
    for (const one of LANGUAGES) {
      await speak(one);
      const { command: t } = texts.value;
      const kept = states();
      for (const code of codes) {
        const text = kept[code] ?? '';
        assert.ok(text.startsWith(`${t.refusedTitle}. ${t.device.unchanged} `), text);
        assert.match(text, new RegExp(`\\b${code}\\.$`, 'u'));
        const rest = text.slice(`${t.refusedTitle}. ${t.device.unchanged} `.length);
        assert.match(rest, TO_DO[one], `${one}: ${code} says nothing to do`);
        const sentences = rest.split(/(?<=\.) /u);
        assert.equal(new Set(sentences).size, sentences.length, `${one}: ${code} says a thing twice`);
      }
      for (const name of ['unknown', 'differs', 'unverified'])
        assert.match(kept[name] ?? '', TO_DO[one], `${one}: ${name} says nothing to do`);
      for (const device of [...Object.values(t.device), t.unknownSays, t.differsTitle])
        assert.match(device, one === 'en' ? /\bdevice\b/u : /\bGerät\b/u);
    }
  });

  it('never says what says nothing, anywhere on the tablet', async () => {
    await speak('en');
    const english = [texts.value, GLASS_EN, REVIEW_EN, ELSEWHERE_EN, CAMERA_EN, CAUTIONS_EN, TAP_EN];
    const refusals = Object.fromEntries(codes.map((code) => [code, refusalSays(code)]));
    english.push(refusals as never);
    const german = [GERMAN, GLASS_DE, REVIEW_DE, ELSEWHERE_DE, CAMERA_DE, CAUTIONS_DE, TAP_DE];
    for (const [one, all] of [
      ['en', english],
      ['de', german],
    ] as const)
      for (const catalogue of all)
        for (const [at, text] of said(catalogue)) {
          assert.doesNotMatch(text, NEVER[one], `${one} ${at}`);
          assert.doesNotMatch(text, /!/u, `${one} ${at}: only alarms shout`);
        }
  });
});
