/**
 * Letters, marks, digits, punctuation, symbols and plain spaces; nothing invisible, nothing empty. What a maker or
 * a station calls something ends up on screens and in the log: no line breaks, no trick with direction.
 */
export const isPlainName = (text: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(text);

/**
 * What somebody writes for others to read: the same, over several lines, with the joiners that some scripts are written
 * with (U+200C, U+200D). It may be empty.
 */
export const isPlainText = (text: string): boolean =>
  /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\n\u200C\u200D]*$/u.test(text);
