import * as z from 'zod/mini';

/** Who is told of something that somebody has to look at, by the gateway's list of who has it in theirs. */
export const TOLD = z.object({
  people: z.array(
    z.object({
      subject: z.string(),
      name: z.optional(z.string()),
      /** May they review it? */
      reviews: z.boolean(),
      /** Signed in at this moment. */
      here: z.boolean(),
    }),
  ),
  /** So many more, who are not named. */
  more: z.number(),
});
export type Told = z.infer<typeof TOLD>;
