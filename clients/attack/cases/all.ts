import type { Case } from '../case.ts';
import { BATTERY } from './battery.ts';
import { EMERGENCY } from './emergency.ts';
import { OUTAGE } from './outage.ts';
import { CLOCKS } from './clock.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { MANY } from './many.ts';
import { KEYS } from './keys.ts';
import { PORTS } from './ports.ts';
import { SPELLING } from './spelling.ts';
import { TRACES } from './traces.ts';
import { BODIES } from './bodies.ts';
import { CEREMONY } from './ceremony.ts';
import { FRONT_DOOR } from './front-door.ts';
import { LOG } from './log.ts';
import { LIMITS } from './limits.ts';
import { MEASUREMENTS } from './measurements.ts';
import { NOISE } from './noise.ts';
import { PEOPLE } from './people.ts';
import { POSSESSION } from './possession.ts';
import { READER } from './reader.ts';
import { REPLAY } from './replay.ts';
import { SUPPLY } from './supply.ts';
import { STORAGE } from './storage.ts';
import { AIR } from './air.ts';
import { WORDS } from './words.ts';
import { FIRST_RUN } from './first-run.ts';
import { SKIN } from './skin.ts';
import { SUBSTITUTION } from './substitution.ts';
import { TOKENS } from './tokens.ts';

/** Every attack that can be played today. */
export const CASES: readonly Case[] = [
  ...REPLAY,
  ...SUBSTITUTION,
  ...PEOPLE,
  ...LIMITS,
  ...NOISE,
  ...TOKENS,
  ...SPELLING,
  ...POSSESSION,
  ...FRONT_DOOR,
  ...PORTS,
  ...BODIES,
  ...CEREMONY,
  ...LOG,
  ...KEYS,
  ...MEASUREMENTS,
  ...READER,
  ...TRACES,
  ...SKIN,
  ...BATTERY,
  ...FIRST_RUN,
  ...WORDS,
  ...AIR,
  ...STORAGE,
  ...SUPPLY,
  ...MANY,
  ...EXCEPTIONS,
  ...CLOCKS,
  ...OUTAGE,
  ...EMERGENCY,
];
