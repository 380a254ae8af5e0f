/**
 * Letters, marks, digits, punctuation, symbols and plain spaces; nothing invisible, nothing empty. What a maker or
 * a station calls something ends up on screens and in the log: no line breaks, no trick with direction.
 */
export const isPlainName = (text: string): boolean => /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(text);
