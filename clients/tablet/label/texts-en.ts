/** Tapping the label of a card reader with the tablet, in English. */
export const LABEL_EN = {
  begin: 'Tap the label with this tablet',
  stop: 'Stop tapping',
  asking: 'The browser asks whether this page may read tags.',
  waiting: 'Hold the back of the tablet to the label on the reader.',
  other: 'That tag is no label of a reader of this hospital. Nothing was chosen by it. Try the right one.',
  unreadable: 'The tag could not be read. Hold the tablet still, a little longer, and closer.',
  denied:
    'Reading tags is not allowed for this page. Allow it in the browser’s settings, scan the label, or type it.',
  none: 'This tablet cannot read tags now. Switch NFC on, scan the label, or type it.',
};
