/** Reading a code with the camera, in English. */
export const CAMERA_EN = {
  begin: 'Scan with the camera',
  stop: 'Stop the camera',
  picture: 'What the camera sees',
  asking: 'The browser asks whether this page may use the camera.',
  looking: 'Hold the code into the picture, flat and a hand away.',
  nothing: 'No code found yet. Move closer or into better light, or type what stands under the code.',
  other: 'That is a code of another kind. Nothing was chosen by it. Hold the right one into the picture.',
  denied:
    'The camera is not allowed for this page. Allow it in the browser’s settings, use the scanner, or type the code.',
  none: 'This tablet has no camera that works now. Use the scanner, or type the code.',
};
