/** What the first byte of a message makes the test card do. */
export const DO = { ANSWER: 0, LEAVE: 1, HANG: 2, SLOW: 3, COUNT: 4, LONG: 5 } as const;
