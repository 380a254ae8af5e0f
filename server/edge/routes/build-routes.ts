import { z } from 'zod';
import { json, type Route, shape, signedIn } from './route.ts';
import { hexId } from './views.ts';

const BUILDS = z.strictObject({
  builds: z.array(z.strictObject({ build: hexId(32).describe('SHA-256 over the build.'), name: z.string() })),
  programs: z.boolean().describe('Programs that are no page may sign too.'),
});

/** A page compares itself with this list, and says which version it is in the first message of its stream. */
export const BUILD_ROUTES: readonly Route[] = [
  signedIn({
    method: 'get',
    path: '/v1/builds',
    says: 'Versions of the signing pages that are allowed here.',
    answers: { 200: shape('Versions.', BUILDS) },
    handle: ({ desk }) => json(200, desk.builds.allowed()),
  }),
];
