import { connect, type Socket } from 'node:net';
import { ATR, MAX_APDU, MIN_COMMAND } from '../../server/protocol/link/apdu.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';

/** What answers commands: an Applet, or anything shaped like one. */
export interface CardLogic {
  process(command: Bytes): Promise<Bytes>;
  powerLoss(): void;
}

/** A card that can be put on the virtual reader and taken away again. */
export interface VirtualCard {
  /** Puts the card on the reader. Rejects when the reader is not there. Does nothing when it already lies there. */
  insert(): Promise<void>;
  /** Takes it away, in the middle of an exchange if there is one. Volatile state is lost, like in the field. */
  remove(): void;
  readonly inserted: boolean;
}

/** One-byte frames from the reader. */
const POWER_OFF = 0;
const POWER_ON = 1;
const RESET = 2;
const TELL_ATR = 4;

/**
 * A device at the virtual reader's card socket. Frames are a 16-bit length and a body, both ways. It has to run
 * in another process than nfc-pcsc: its addon blocks the event loop while it waits for the card.
 */
export function virtualCard(cardSocket: string, logic: CardLogic, onRemoved?: () => void): VirtualCard {
  let socket: Socket | undefined;

  const leave = (gone: Socket): void => {
    if (socket !== gone) return;
    socket = undefined;
    logic.powerLoss();
    onRemoved?.();
  };
  return {
    get inserted() {
      return socket !== undefined;
    },
    insert() {
      if (socket !== undefined) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const fresh = connect(cardSocket);
        fresh.once('connect', () => {
          socket = fresh;
          resolve();
        });
        // After 'connect' an error is a removal like any other, and 'close' follows.
        fresh.on('error', reject);
        fresh.once('close', () => leave(fresh));
        listen(fresh, logic);
      });
    },
    remove() {
      const gone = socket;
      if (gone === undefined) return;
      gone.destroy();
      leave(gone);
    },
  };
}

/** Answers frames one after the other. A reader that breaks the framing loses the card. */
function listen(socket: Socket, logic: CardLogic): void {
  let pending = Buffer.alloc(0);
  let busy = Promise.resolve();

  const answer = (body: Bytes): void => {
    if (socket.destroyed || body.length > MAX_APDU) return;
    const head = Uint8Array.of(body.length >> 8, body.length & 0xff);
    socket.write(Buffer.concat([head, body]));
  };
  const control = (what: number | undefined): void => {
    if (what === TELL_ATR) return answer(ATR);
    if (what !== POWER_OFF && what !== POWER_ON && what !== RESET) return void socket.destroy();
    logic.powerLoss();
  };
  const handle = async (body: Buffer): Promise<void> => {
    if (body.length === 1) return control(body[0]);
    if (body.length < MIN_COMMAND) return void socket.destroy();
    // Taken away meanwhile: the socket is closed, and a card without power does not answer.
    answer(await logic.process(new Uint8Array(body)));
  };

  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const body = Buffer.from(pending.subarray(2, end));
      pending = pending.subarray(end);
      busy = busy.then(() => handle(body)).catch(() => void socket.destroy());
    }
    // The reader sends one command and waits: more than two frames ahead is no reader.
    if (pending.length > 2 * MAX_APDU) socket.destroy();
  });
}
