import type { Like } from '../../common/page/texts.ts';
import type { CAMERA_EN } from './texts-en.ts';

/** Einen Code mit der Kamera lesen, auf Deutsch. */
export const CAMERA_DE: Like<typeof CAMERA_EN> = {
  begin: 'Mit der Kamera scannen',
  stop: 'Kamera aus',
  picture: 'Was die Kamera sieht',
  asking: 'Der Browser fragt, ob diese Seite die Kamera benutzen darf.',
  looking: 'Halten Sie den Code ins Bild, flach und eine Handbreit entfernt.',
  nothing: 'Noch kein Code gefunden. Näher heran, mehr Licht, oder tippen Sie, was unter dem Code steht.',
  other: 'Das ist ein Code anderer Art. Es wurde nichts damit gewählt. Halten Sie den richtigen ins Bild.',
  denied:
    'Die Kamera ist dieser Seite nicht erlaubt. Erlauben Sie sie im Browser, nehmen Sie den Scanner, oder tippen Sie den Code.',
  none: 'Dieses Tablet hat keine Kamera, die jetzt geht. Nehmen Sie den Scanner, oder tippen Sie den Code.',
};
