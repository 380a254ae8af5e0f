/** The words of the protocol, as every page has them: an aid for people, no boundary. */
export const WORDS: readonly string[] = `
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
  .split(/\s+/u);

/** The four words of a command's hash. */
export const wordsOf = (hash: Uint8Array): string =>
  Array.from(hash.slice(0, 4), (byte) => WORDS[byte]).join(' ');
