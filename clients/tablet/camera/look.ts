/** What a browser can find in a picture (Shape Detection API, WICG); not every one has it. */
interface Detector {
  detect(picture: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>;
}
type DetectorClass = new () => Detector;

const isClass = (found: unknown): found is DetectorClass => typeof found === 'function';

/** The browser's own reader of codes; undefined where there is none: then a scanner or typing has to do. */
export function codeReader(): DetectorClass | undefined {
  const found: unknown = Reflect.get(globalThis, 'BarcodeDetector');
  return isClass(found) ? found : undefined;
}

/** How far it is: `other` is a code that is not of the kind that was asked for. */
export type Looking = 'asking' | 'looking' | 'nothing' | 'other' | 'denied' | 'none';

const LOOK_MS = 200;
const PATIENCE_MS = 5_000;

/**
 * Looks through the camera at the back of the tablet until a code fits, or until it is aborted; then the camera is off.
 * Nothing of a picture leaves the page.
 *
 * @param fits is it a code of the kind that is asked for?
 * @param told how far it is
 * @returns the code; undefined when it was aborted or there is no camera
 */
export async function lookForCode(
  Reader: DetectorClass,
  video: HTMLVideoElement,
  fits: (code: string) => boolean,
  told: (how: Looking) => void,
  stopped: AbortSignal,
): Promise<string | undefined> {
  told('asking');
  let stream: MediaStream | undefined;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    video.srcObject = stream;
    await video.play();
    return await untilFits(new Reader(), video, fits, told, stopped);
  } catch (error) {
    if (!stopped.aborted)
      told(error instanceof DOMException && error.name === 'NotAllowedError' ? 'denied' : 'none');
    return undefined;
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  }
}

async function untilFits(
  reader: Detector,
  video: HTMLVideoElement,
  fits: (code: string) => boolean,
  told: (how: Looking) => void,
  stopped: AbortSignal,
): Promise<string | undefined> {
  told('looking');
  for (let looked = 0; !stopped.aborted; looked += LOOK_MS) {
    const codes = (await reader.detect(video)).map(({ rawValue }) => rawValue.trim());
    const right = codes.find(fits);
    if (right !== undefined) return right;
    if (codes.length > 0) told('other');
    else if (looked >= PATIENCE_MS) told('nothing');
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return undefined;
}
