import type { Mode } from '../../server/protocol/attestation.ts';
import { OPERATION } from '../../server/protocol/command.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { SAYS } from '../../server/protocol/refusal-says.ts';
import type { Kind } from '../common/page/icon.tsx';
import { REFUSALS_DE } from '../common/page/refusals-de.ts';
import { catalogue, language } from '../common/page/texts.ts';
import type { Proof } from './story/proof.ts';
import type { State, Trouble } from './state.ts';
import { CONSOLE_DE } from './texts/console-de.ts';
import { CONSOLE_EN } from './texts/console-en.ts';
import { PRIVACY_DE } from './texts/privacy-de.ts';
import { PRIVACY_EN } from './texts/privacy-en.ts';
import { STORY_DE } from './texts/story-de.ts';
import { STORY_EN } from './texts/story-en.ts';
import type { Story } from './wire.ts';

/** The sentences of the console, in the language of the page. */
export const texts = catalogue(
  { ...CONSOLE_EN, ...STORY_EN, ...PRIVACY_EN },
  { ...CONSOLE_DE, ...STORY_DE, ...PRIVACY_DE },
);

export function sentenceOf(trouble: Trouble): string {
  const { trouble: t } = texts.value;
  if (trouble.kind !== 'refused') return t[trouble.kind];
  const { code } = trouble;
  return t.code(language.value === 'de' ? REFUSALS_DE[code] : SAYS[code], code);
}

/** The last four digits: what people say to each other. */
export const endOf = (id: string): string => id.slice(-4).toUpperCase();

/** A device by its name where this person may know it. */
export function deviceName({ devices }: State, id: string | undefined): string {
  if (id === undefined) return texts.value.list.noDevice;
  const known = devices.value.get(id);
  return known ? `${known.name} …${endOf(id)}` : `…${endOf(id)}`;
}

/** A person as the log knows them: a pseudonym, told by its beginning. */
export function personName(person: Story['people'][number] | undefined): string {
  const id = person?.subject ?? person?.kid;
  return id === undefined ? texts.value.list.somebody : `${texts.value.list.somebody} ${id.slice(0, 6)}`;
}

export const shortHash = (hash: string): string => `${hash.slice(0, 6)}…${hash.slice(-2)}`;

type Known = Exclude<keyof typeof CONSOLE_EN.outcome, 'proven' | 'failed' | 'unchecked' | 'event'>;
const isKnown = (outcome: string): outcome is Known =>
  Object.hasOwn(CONSOLE_EN.outcome, outcome) && !['proven', 'failed', 'unchecked', 'event'].includes(outcome);

export const outcomeWord = (outcome: string): string =>
  isKnown(outcome) ? texts.value.outcome[outcome] : outcome;

/** What a row’s chip says. Green is for what was proven on this computer, and for nothing else. */
export function chipOf(
  story: Story,
  proof: Proof | undefined,
): { readonly kind: Kind; readonly says: string } {
  const { outcome } = texts.value;
  if (story.command === undefined) return { kind: 'waiting', says: story.kind };
  if (proof?.report.verdict === 'FAILED') return { kind: 'blocked', says: outcome.failed };
  const said = outcomeWord(story.outcome);
  if (story.outcome === 'refused')
    return { kind: 'blocked', says: story.code === undefined ? said : `${said}: ${story.code}` };
  if (story.outcome === 'unknown' || story.outcome === 'lost') return { kind: 'unknown', says: said };
  if (story.outcome === 'applied-modified') return { kind: 'caution', says: said };
  if (story.outcome !== 'applied') return { kind: 'waiting', says: said };
  if (proof?.report.verdict === 'VERIFIED') return { kind: 'verified', says: outcome.proven };
  return { kind: 'waiting', says: outcome.unchecked(said) };
}

const isRole = (name: string): name is keyof typeof CONSOLE_EN.roles => Object.hasOwn(CONSOLE_EN.roles, name);

/** Roles of a credential in words. */
export const rolesIn = (bits: number): string =>
  Object.entries(ROLE)
    .flatMap(([name, bit]) => ((bits & bit) !== 0 && isRole(name) ? [texts.value.roles[name]] : []))
    .join(', ');

const isAction = (name: string): name is keyof typeof STORY_EN.actions =>
  Object.hasOwn(STORY_EN.actions, name);

/** What was asked of a device, or what else an entry is about. */
export const actionWord = (action: string): string =>
  isAction(action) ? texts.value.actions[action] : action;

/**
 * What signed bytes ask of a device; a number that nobody knows stays one.
 *
 * @param mode of the device before: one operation ends a stop and a safe mode
 */
export function operationWord(operation: number, mode?: Mode): string {
  if (operation === OPERATION.resume && mode !== undefined && mode !== 'running')
    return texts.value.story.ends[mode];
  const name = Object.entries(OPERATION).find(([, number]) => number === operation)?.[0];
  return name === undefined ? String(operation) : actionWord(name === 'safeMode' ? 'safe-mode' : name);
}

export const riskWord = (tier: number | undefined): string => {
  const { filters } = texts.value;
  return tier === undefined ? '–' : ([filters.r0, filters.r1, filters.r2][tier] ?? String(tier));
};

/** Digits in groups, alike in every language: 184 212. */
export const grouped = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/gu, '\u202f');
