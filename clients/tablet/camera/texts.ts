import { catalogue } from '../../common/page/texts.ts';
import { CAMERA_EN } from './texts-en.ts';

/** The sentences of the camera, in the language of the page. */
export const cameraTexts = catalogue(CAMERA_EN, () =>
  import('./texts-de.ts').then(({ CAMERA_DE }) => CAMERA_DE),
);
