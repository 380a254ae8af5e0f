import { z } from 'zod';
import { Refusal } from '../../protocol/refusal.ts';
import { parseTilePath, TILE_WIDTH } from '../../protocol/log/tiles.ts';
import type { Desk, Session } from '../desks/desk.ts';
import { type Answer, open, type Route, shape, signedIn } from './route.ts';

const TEXT_TYPE = 'text/plain; charset=utf-8';
const OCTETS = 'application/octet-stream';
const tail = z.strictObject({ path: z.string().max(64).describe('Rest of the path, slashes included.') });

/** The log as C2SP tlog-tiles lays it out, so that other people's monitors and witnesses can read it. */
export const LOG_ROUTES: readonly Route[] = [
  open({
    method: 'get',
    path: '/log/checkpoint',
    says: 'The newest cosigned checkpoint (C2SP tlog-checkpoint).',
    answers: { 200: shape('A signed note.', undefined, TEXT_TYPE) },
    refusals: ['E_SCOPE'],
    handle: ({ desk }) => logFile(desk, 'checkpoint', undefined),
  }),
  signedIn({
    method: 'get',
    path: '/log/tile/entries/{path}',
    says: 'An entry bundle (C2SP tlog-tiles); auditors only.',
    params: tail,
    answers: { 200: shape('The bundle.', undefined, OCTETS) },
    refusals: ['E_SCOPE', 'E_ROLE'],
    handle: ({ desk, session, params }) => logFile(desk, `tile/entries/${params.path}`, session),
  }),
  open({
    method: 'get',
    path: '/log/tile/{path}',
    says: 'A hash tile (C2SP tlog-tiles).',
    params: tail,
    answers: { 200: shape('The tile.', undefined, OCTETS) },
    refusals: ['E_SCOPE'],
    handle: ({ desk, params }) => logFile(desk, `tile/${params.path}`, undefined),
  }),
];

async function logFile(desk: Desk, path: string, session: Session | undefined): Promise<Answer> {
  const tile = path === 'checkpoint' ? undefined : parseTilePath(path);
  // Entries go out with a session only, whichever row of the table was asked.
  if (tile === null || (tile?.level === 'entries' && session === undefined)) {
    throw new Refusal('E_ROUTE', 'no such tile');
  }
  const { status, body } = await desk.logFile(path, session);
  if (status !== 200) throw new Refusal('E_SCOPE', 'not in the log');
  // A full hash tile never changes; a partial one is soon replaced by a longer one, and entries are not public.
  const lasts = tile !== undefined && tile.level !== 'entries' && tile.width === TILE_WIDTH;
  return {
    status: 200,
    type: tile === undefined ? TEXT_TYPE : OCTETS,
    body,
    ...(lasts && { cache: 'public, max-age=31536000, immutable' }),
  };
}
