import { z } from 'zod';

/** Who is told of something, as answers have it. */
export const TOLD = z
  .strictObject({
    people: z.array(
      z.strictObject({
        subject: z.string(),
        name: z.string().optional(),
        reviews: z.boolean().describe('May review it.'),
        here: z.boolean().describe('Signed in at this moment; the others find it when they sign in.'),
      }),
    ),
    more: z.int().min(0).describe('So many more, who are not named.'),
  })
  .describe('In whose list it stands: those who may review it first.');
