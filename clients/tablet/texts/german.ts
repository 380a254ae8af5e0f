import { BEDSIDE_DE } from './bedside-de.ts';
import { COMMAND_DE } from './command-de.ts';
import { REFUSAL_DE } from './refusals-de.ts';
import { STAFF_DE } from './staff-de.ts';

/** The German of the whole tablet: fetched when somebody chooses it. */
export const GERMAN = { ...STAFF_DE, ...BEDSIDE_DE, ...COMMAND_DE, ...REFUSAL_DE };
