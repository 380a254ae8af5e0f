import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  AID,
  type Command,
  encodeCommand,
  encodeResponse,
  parseCommand,
  parseResponse,
  SW,
} from '../../server/protocol/link/apdu.ts';
import {
  CardRefused,
  exchangeOverApdus,
  MAX_CARD_MESSAGE,
  selectApplet,
} from '../../server/protocol/link/apdu-exchange.ts';
import { Applet } from '../../server/protocol/link/applet.ts';
import { type Bytes, equal, hex, unhex } from '../../server/protocol/encoding/bytes.ts';

const byte = fc.integer({ min: 0, max: 255 });
const command: fc.Arbitrary<Command> = fc.record(
  {
    cla: byte,
    ins: byte,
    p1: byte,
    p2: byte,
    data: fc.uint8Array({ maxLength: 600 }),
    le: fc.option(fc.oneof(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 65_536 })), {
      nil: undefined,
    }),
  },
  { requiredKeys: ['cla', 'ins', 'p1', 'p2', 'data'] },
);

describe('APDUs', () => {
  it('have the bytes that ISO 7816-4 draws for each case', () => {
    const base = { cla: 0, ins: 0xc2, p1: 1, p2: 2, data: new Uint8Array() };
    const long = new Uint8Array(256);
    assert.equal(hex(encodeCommand(base)), '00c20102'); // case 1
    assert.equal(hex(encodeCommand({ ...base, le: 256 })), '00c2010200'); // 2 short
    assert.equal(hex(encodeCommand({ ...base, data: unhex('aa') })), '00c2010201aa'); // 3 short
    assert.equal(hex(encodeCommand({ ...base, data: unhex('aa'), le: 5 })), '00c2010201aa05'); // 4 short
    assert.equal(hex(encodeCommand({ ...base, le: 65_536 })), '00c20102000000'); // 2 extended
    assert.equal(hex(encodeCommand({ ...base, data: long })), `00c20102000100${'00'.repeat(256)}`); // 3 extended
    assert.equal(hex(encodeCommand({ ...base, data: unhex('aa'), le: 257 })), '00c20102000001aa0101'); // 4 extended
    assert.equal(hex(encodeResponse(SW.OK, unhex('aabb'))), 'aabb9000');
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(command, (given) => {
        const read = parseCommand(encodeCommand(given));
        assert.ok(read);
        const { extended: _, ...rest } = read;
        assert.deepEqual({ ...rest, le: rest.le }, { ...given, le: given.le });
      }),
    );
  });

  it('whatever the bytes, are either read or refused, and read bytes mean one thing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const read = parseCommand(bytes);
        if (!read) return;
        const again = parseCommand(encodeCommand(read));
        assert.ok(again);
        assert.ok(equal(again.data, read.data));
        assert.equal(again.le, read.le);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are refused when their lengths do not add up', () => {
    for (const wrong of [
      '',
      '00',
      '00c201',
      '00c2010200aa',
      '00c2010202aa',
      '00c2010201aa0000',
      '00c20102000000aa',
    ]) {
      assert.equal(parseCommand(unhex(wrong)), undefined, wrong);
    }
    assert.equal(parseResponse(unhex('90')), undefined);
    assert.throws(
      () => encodeCommand({ cla: 256, ins: 0, p1: 0, p2: 0, data: new Uint8Array() }),
      RangeError,
    );
    assert.throws(
      () => encodeCommand({ cla: 0, ins: 0, p1: 0, p2: 0, data: new Uint8Array(65_536) }),
      RangeError,
    );
    assert.throws(
      () => encodeCommand({ cla: 0, ins: 0, p1: 0, p2: 0, data: new Uint8Array(), le: 0 }),
      RangeError,
    );
  });
});

/** A card whose answer to a message is what `reply` makes of it. */
function card(reply: (message: Bytes) => Bytes | Promise<Bytes>): { applet: Applet; seen: string[] } {
  const seen: string[] = [];
  const applet = new Applet({
    onSelect: () => void seen.push('select'),
    onMessage: async (message) => {
      seen.push(`message ${message.length}`);
      return reply(message);
    },
    onPowerLoss: () => void seen.push('power loss'),
  });
  return { applet, seen };
}

const ask = async (applet: Applet, digits: string): Promise<string> =>
  hex(await applet.process(unhex(digits)));
const SELECT = `00a40400${AID.length.toString(16).padStart(2, '0')}${hex(AID)}`;

describe('a message over APDUs', () => {
  it('arrives whole at the card, and its answer whole at the gateway, at every length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
        fc.uint8Array({ maxLength: 2_000 }),
        async (message, reply) => {
          let arrived: Bytes | undefined;
          const { applet } = card((got) => {
            arrived = got;
            return reply;
          });
          const transmit = (bytes: Bytes): Promise<Bytes> => applet.process(bytes);
          await selectApplet(transmit);
          assert.deepEqual(await exchangeOverApdus(transmit, message), reply);
          assert.deepEqual(arrived, message);
        },
      ),
    );
  });

  it('may have 16 KiB either way, and not one byte more', async () => {
    const { applet } = card((message) => message);
    const transmit = (bytes: Bytes): Promise<Bytes> => applet.process(bytes);
    await selectApplet(transmit);
    const largest = new Uint8Array(MAX_CARD_MESSAGE).fill(7);
    assert.deepEqual(await exchangeOverApdus(transmit, largest), largest);
    await assert.rejects(exchangeOverApdus(transmit, new Uint8Array(MAX_CARD_MESSAGE + 1)), RangeError);
    await assert.rejects(exchangeOverApdus(transmit, new Uint8Array()), RangeError);
  });

  it('also passes in one extended APDU, for readers that can', async () => {
    const { applet } = card((message) => message);
    await applet.process(unhex(SELECT));
    const data = new Uint8Array(1_000).fill(3);
    const answer = await applet.process(encodeCommand({ cla: 0, ins: 0xc2, p1: 0, p2: 0, data, le: 65_536 }));
    assert.deepEqual(answer, encodeResponse(SW.OK, data));
  });

  it('is asked for again with the length the card names (6Cxx), once', async () => {
    const script = ['6110', '6c03', '0102039000'];
    const sent: string[] = [];
    const transmit = async (bytes: Bytes): Promise<Bytes> => {
      sent.push(hex(bytes));
      return unhex(script.shift() ?? '6f00');
    };
    assert.equal(hex(await exchangeOverApdus(transmit, unhex('aa'))), '010203');
    assert.deepEqual(sent, ['00c2000001aa00', '00c0000010', '00c0000003']);
  });

  it('ends with a card that never finishes its answer', async () => {
    const endless = async (): Promise<Bytes> => encodeResponse(SW.MORE, new Uint8Array(200));
    await assert.rejects(exchangeOverApdus(endless, unhex('aa')), CardRefused);
    const empty = async (): Promise<Bytes> => encodeResponse(SW.MORE);
    await assert.rejects(exchangeOverApdus(empty, unhex('aa')), CardRefused);
  });

  it('is refused by a card without the applet', async () => {
    await assert.rejects(
      selectApplet(async () => unhex('6a82')),
      (error: unknown) => error instanceof CardRefused && error.sw === 0x6a82,
    );
  });
});

describe('the applet', () => {
  it('answers nothing but SELECT before it is selected', async () => {
    const { applet, seen } = card((message) => message);
    assert.equal(await ask(applet, '00c2000001aa00'), '6985');
    assert.equal(await ask(applet, '00c0000000'), '6985');
    assert.equal(await ask(applet, '00a4040003010203'), '6a82');
    assert.equal(await ask(applet, '00a4000002 3f00'.replaceAll(' ', '')), '6a86');
    assert.deepEqual(seen, []);
  });

  it('names what is wrong with a command', async () => {
    const { applet } = card((message) => message);
    assert.equal(await ask(applet, SELECT), '9000');
    assert.equal(await ask(applet, '80c2000001aa'), '6e00');
    assert.equal(await ask(applet, '00b0000000'), '6d00');
    assert.equal(await ask(applet, '10a4040000'), '6884');
    assert.equal(await ask(applet, '00c2010001aa'), '6a86');
    assert.equal(await ask(applet, '00c20000'), '6700');
    assert.equal(await ask(applet, '00c2'), '6700');
    assert.equal(await ask(applet, '00c0000000'), '6985');
  });

  it('tells the right length when asked for more than there is', async () => {
    const { applet } = card(() => new Uint8Array(300));
    await ask(applet, SELECT);
    assert.equal(await ask(applet, '00c2000001aa'), '6100');
    assert.equal((await ask(applet, '00c0000000')).slice(-4), '612c');
    assert.equal(await ask(applet, '00c0000030'), '6c2c');
    assert.equal((await ask(applet, '00c000002c')).slice(-4), '9000');
  });

  it('forgets a chain that is interrupted', async () => {
    const { applet, seen } = card((message) => message);
    await ask(applet, SELECT);
    await ask(applet, '10c2000003010203');
    await ask(applet, '00b0000000');
    assert.equal(await ask(applet, '00c2000001aa00'), 'aa9000');
    await ask(applet, '10c2000003010203');
    await ask(applet, SELECT);
    assert.equal(await ask(applet, '00c2000001bb00'), 'bb9000');
    assert.deepEqual(seen, ['select', 'message 1', 'select', 'message 1']);
  });

  it('forgets a chain, an answer and its selection when the power goes', async () => {
    const { applet, seen } = card(() => new Uint8Array(300));
    await ask(applet, SELECT);
    await ask(applet, '00c2000001aa');
    applet.powerLoss();
    assert.equal(await ask(applet, '00c0000000'), '6985');
    assert.equal(await ask(applet, '00c2000001aa'), '6985');
    assert.deepEqual(seen, ['select', 'message 1', 'power loss']);
  });

  it('does not serve an answer that was computed before a power loss', async () => {
    const { applet } = card(async () => {
      applet.powerLoss();
      return unhex('aa');
    });
    await ask(applet, SELECT);
    assert.equal(await ask(applet, '00c2000001aa00'), '6f00');
  });

  it('refuses a chain beyond 16 KiB', async () => {
    const { applet, seen } = card((message) => message);
    await ask(applet, SELECT);
    const part = `10c20000ff${'00'.repeat(255)}`;
    for (let i = 0; i < 64; i++) assert.equal(await ask(applet, part), '9000');
    assert.equal(await ask(applet, part), '6700');
    assert.deepEqual(seen, ['select']);
  });

  it('says 6F00, and nothing else, when the device fails', async () => {
    const { applet } = card(() => Promise.reject(new Error('the settings are 60 bpm')));
    await ask(applet, SELECT);
    assert.equal(await ask(applet, '00c2000001aa00'), '6f00');
  });

  it('survives any sequence of any bytes, and always answers with a status word', async () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ minLength: 2, maxLength: 8 }).map((tail) => Uint8Array.of(0, 0xc2, 0, 0, ...tail)),
      fc.uint8Array({ minLength: 2, maxLength: 8 }).map((tail) => Uint8Array.of(0x10, 0xc2, 0, 0, ...tail)),
      fc.constant(unhex(SELECT)),
      fc.constant(unhex('00c0000000')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 30 }), async (commands) => {
        const { applet } = card((message) => message);
        for (const bytes of commands) assert.ok(parseResponse(await applet.process(bytes)));
      }),
    );
  });
});
