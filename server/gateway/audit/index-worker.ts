import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { Asked, IndexAnswers } from './search.ts';
import { unhex } from '../../protocol/encoding/bytes.ts';
import { openForReading } from '../../store/database.ts';
import { Follower } from './index-follow.ts';
import { access, gaps, overview, receiptsOf, shownIn } from './index-gaps.ts';
import { beforeEmergency, partsOf, search } from './index-query.ts';
import { openIndex } from './index-schema.ts';

// The thread that reads the log for auditors: it follows the log into an index of its own and answers from there. A
// search of a million entries keeps nobody else waiting.

/** How long an answer may wait for the index to catch up (ms); after that it says how far the index is. */
const CATCH_UP_MS = 250;
/** Between two looks at the log, and between two lots of one that is far behind (ms). */
const IDLE_MS = 1_000;
const BREATHE_MS = 5;

const { file } = z.object({ file: z.string() }).parse(workerData);
const port = parentPort;
if (port === null) throw new Error('the audit index runs in a worker thread');
const log = openForReading(file);
const index = openIndex(dirname(file));
const follower = new Follower(log, index);

function catchUp(): void {
  const end = performance.now() + CATCH_UP_MS;
  while (follower.step() && performance.now() < end);
}

function follow(): void {
  let more = false;
  try {
    more = follower.step();
  } catch {
    // The log's database is being closed or is busy: the next look tells.
  }
  setTimeout(follow, more ? BREATHE_MS : IDLE_MS).unref();
}

function keepPeople(people: IndexAnswers['people']['asked']): number {
  const put = index.prepare(
    'INSERT INTO person VALUES (?, ?, ?) ON CONFLICT (kid) DO UPDATE SET subject = excluded.subject, roles = excluded.roles',
  );
  for (const { kid, subject, roles } of people) put.run(unhex(kid), subject, roles);
  return people.length;
}

function answer(question: Asked): IndexAnswers[keyof IndexAnswers]['answer'] {
  switch (question.what) {
    case 'search':
      return { ...search(index, question.asked), ...follower.state };
    case 'parts':
      return partsOf(index, question.asked);
    case 'beforeEmergency':
      return beforeEmergency(index, question.asked);
    case 'gaps':
      return gaps(index, question.asked);
    case 'receipts':
      return receiptsOf(index, unhex(question.asked));
    case 'shown':
      return shownIn(index);
    case 'overview':
      return { ...overview(index, question.asked), ...follower.state };
    case 'access':
      return access(index);
    default:
      return keepPeople(question.asked);
  }
}

port.on('message', (question: Asked) => {
  const { id, what } = question;
  try {
    if (what !== 'people') catchUp();
    port.postMessage({ id, answer: answer(question) });
  } catch (error) {
    port.postMessage({ id, failed: error instanceof Error ? error.message : String(error) });
  }
});
follow();
