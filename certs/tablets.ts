import type { Item } from './key-folder.ts';
import { keyItem } from './parties.ts';

/** The tablets of the simulated ward: one for each of its people. */
export const TABLETS = ['tablet-dr-a', 'tablet-dr-b', 'tablet-operator', 'tablet-auditor'] as const;

/** The key of a tablet, to which its access tokens are bound. */
export const tabletKeyOf = (name: string): string => `tablets/${name}/dpop.key.pem`;

/** Keys of tablets. A browser would hold them where nothing can read them. */
export const tabletItems = (names: readonly string[]): readonly Item[] =>
  names.map((name) => keyItem(tabletKeyOf(name)));
