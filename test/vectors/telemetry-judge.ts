import { Chain } from '../../server/monitor/chain.ts';
import { type Bytes, equal } from '../../server/protocol/encoding/bytes.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { arrayOf, bytesOf, decodeStrict, uint } from '../../server/protocol/encoding/fields.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { openHead, parseFromDevice } from '../../server/protocol/telemetry/telemetry.ts';
import { nodeCrypto } from '../support/keys.ts';

/** `[now, [message]]`: what one device said, in its order. Throws the Refusal of the first that is not taken. */
export async function judgeSession(given: Bytes, device: Bytes, identity: PublicKey): Promise<void> {
  const [clock, messages] = arrayOf(decodeStrict(given, 'session', 65_535), 'session', 2, 2);
  const now = uint(clock, 'session.now');
  let chain: Chain | undefined;
  const chainOf = (session: Bytes): Chain =>
    chain && equal(chain.session, session) ? chain : new Chain(session);
  for (const each of arrayOf(messages, 'session', 1, 64)) {
    const bytes = bytesOf(each, 'session.message');
    const said = parseFromDevice(bytes);
    if (said.kind === 'head') {
      const head = await openHead(nodeCrypto, said.head, identity);
      if (!equal(head.device, device))
        throw new Refusal('E_DEVICE_IDENTITY', 'signed for another device', 'head.1');
      if (!chain || !equal(chain.session, head.session))
        throw new Refusal('E_TELEMETRY', 'signed is another session', 'head.2');
      chain.vouch(head.number, head.hash);
      continue;
    }
    const next = chainOf(said.kind === 'frame' ? said.frame.session : said.session);
    if (said.kind === 'lost') next.skip(said.first, said.next);
    else next.take(said.frame, nodeCrypto.sha256(bytes), now);
    chain = next;
  }
}
