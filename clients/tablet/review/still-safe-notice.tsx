import { Notice } from '../../common/page/chip.tsx';
import { endTexts } from '../command/texts.ts';
import type { Screen } from '../screen.ts';
import { differsFrom } from './still-safe.ts';

/** The safe mode was ended in this session, and its values were not set back yet: by what this tablet read and proved. @param of only of this device */
export function StillSafe({ state, of }: Pick<Screen, 'state'> & { of?: string }) {
  const after = state.afterSafe.value;
  const names = after && (of ?? after.id) === after.id ? differsFrom(after) : [];
  const t = endTexts.value;
  if (names.length === 0) return null;
  return (
    <Notice kind="caution" title={t.stillSafe}>
      <p>{t.stillSafeSays(names.join('; '))}</p>
    </Notice>
  );
}
