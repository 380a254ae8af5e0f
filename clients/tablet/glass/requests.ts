import * as z from 'zod/mini';
import { unhex } from '../../../server/protocol/encoding/bytes.ts';
import type { Cbor } from '../../../server/protocol/encoding/cbor.ts';
import type { GatewayHttp } from '../../common/page/gate/gateway-http.ts';
import { read } from '../../common/page/gate/json.ts';
import type { SigningPasskey } from '../../common/page/gate/passkey.ts';
import { signedStatement } from '../../common/page/gate/statements.ts';
import { TOLD } from '../frame/told.ts';
import { troubleOf } from '../trouble.ts';
import type { GlassRequests } from './glass.ts';

/** The longest that the gateway grants: an hour. */
const SECONDS = 3_600;
const OPENING = z.object({
  id: z.string().check(z.regex(/^[0-9a-f]{64}$/u)),
  patient: z.string(),
  by: z.string(),
  byName: z.optional(z.string()),
  about: z.optional(z.object({ family: z.string(), given: z.string(), bed: z.string() })),
  told: TOLD,
  since: z.number(),
  until: z.number(),
  open: z.boolean(),
});
const OPENINGS = z.object({ openings: z.array(OPENING) });
const PATH = '/v1/break-glass';
const NAME = 'the break-glass';

/** What break-glass asks of the gateway. It stands in the shell, which has all that it needs already. */
export const glassRequests = (passkey: SigningPasskey): GlassRequests<GatewayHttp> => ({
  list: async (http) => read(OPENINGS, await http.json('GET', PATH), NAME).openings,
  async open(http, patient, reason, text) {
    const detail = new Map<number, Cbor>([
      [1, unhex(patient)],
      [2, reason],
      [3, text],
      [4, SECONDS],
    ]);
    return read(
      OPENING,
      await http.json('POST', PATH, await signedStatement(http, passkey, 'breakGlass', detail)),
      NAME,
    );
  },
  close: (http, id) => http.json('DELETE', `${PATH}/${id}`),
  troubleOf,
});
