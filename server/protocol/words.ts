import type { Bytes } from './encoding/bytes.ts';

/**
 * 256 short, distinct, everyday English words. Four of them, taken from a command's hash, let two people say
 * to each other that they look at the same command. An aid for people, not a security boundary (32 bits).
 */
const WORDS = `
acorn actor agent album alarm alley amber angle ankle apple apron arena arrow aspen atlas attic
bacon badge baker banjo barge basil beach beard berry bison blade blaze bloom board bonus brick
bread bride brook broom brush cabin cable camel candy canoe cargo carol cedar chain chair chalk
charm chess chief choir cider cigar cliff cloak clock cloud clown coach coast cobra cocoa comet
coral couch crane crown crumb curry daisy dance delta depot diary diner ditch diver dough dozen
drama dream dress drill drum eagle earth easel elbow elder ember empty entry epoch fable fairy
fancy farm fence ferry fever field flame flask fleet flint float flood flour flute focus forge
frost fruit gala gauge ghost giant glass globe glove grain grape grass gravy green guard guest
guide habit happy harbor hatch haven hazel heart hedge herb hobby honey horse hotel house humor
igloo image index ivory jacket jelly jewel joker judge juice kayak kettle kiosk koala label ladder
lamp lapel laser lemon level lilac linen lions llama lobby lodge lotus lucky lunar magic mango
maple march marsh mason medal melon metal meter model motor mouse movie music nacho navel nurse
oasis ocean olive onion opera orbit otter owner paint panda paper party pasta patio peach pearl
pedal penny petal phone piano pilot pixel pizza plaza plum polar pony porch prism puppy quail
quilt radar radio raven ridge river robin robot rocket royal ruby sable salad salsa scarf scout
shark sheep shell skate slope smile snack solar spoon squid stamp stone storm sugar sunny swan
`
  .trim()
  .split(/\s+/);

/** The four command words of a 32-byte hash. */
export function commandWords(hash: Bytes): string {
  return [0, 1, 2, 3].map((i) => WORDS[hash[i] ?? 0]).join(' ');
}

/** How many words there are; a test holds it at 256, all distinct. */
export const wordList = (): readonly string[] => WORDS;
