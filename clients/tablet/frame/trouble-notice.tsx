import { Notice } from '../../common/page/chip.tsx';
import type { Screen } from '../screen.ts';
import { sentenceOf } from '../words.ts';

/** What did not work, where it is looked for. */
export function TroubleNotice({ state }: Pick<Screen, 'state'>) {
  const trouble = state.trouble.value;
  if (!trouble) return null;
  return <Notice kind="blocked" loud title={sentenceOf(trouble)} />;
}
