/** Characters of a note: a checkpoint with 16 cosignatures has about 2,400. Who only carries a note needs no more of it. */
export const MAX_NOTE = 8_192;
