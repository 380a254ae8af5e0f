import type { Like } from '../../common/page/texts.ts';
import type { LABEL_EN } from './texts-en.ts';

/** Das Etikett eines Lesegeräts antippen, auf Deutsch. */
export const LABEL_DE: Like<typeof LABEL_EN> = {
  begin: 'Etikett mit diesem Tablet antippen',
  stop: 'Nicht mehr antippen',
  asking: 'Der Browser fragt, ob diese Seite Etiketten lesen darf.',
  waiting: 'Halten Sie die Rückseite des Tablets an das Etikett auf dem Lesegerät.',
  other:
    'Das ist kein Etikett eines Lesegeräts dieses Krankenhauses. Es wurde nichts damit gewählt. Nehmen Sie das richtige.',
  unreadable: 'Das Etikett ließ sich nicht lesen. Halten Sie das Tablet still, etwas länger und näher.',
  denied:
    'Etiketten zu lesen ist dieser Seite nicht erlaubt. Erlauben Sie es im Browser, scannen Sie das Etikett, oder tippen Sie es ab.',
  none: 'Dieses Tablet kann jetzt keine Etiketten lesen. Schalten Sie NFC ein, scannen Sie das Etikett, oder tippen Sie es ab.',
};
