import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { MAX_STATION_FRAME, READER_TROUBLES } from '../../server/protocol/link/station.ts';
import { isPlainName } from '../../server/protocol/encoding/plain-name.ts';
import { connectLink } from '../common/link/link.ts';
import { runProcess } from '../common/process/lifecycle.ts';
import { attachable } from './link-channel.ts';
import { EMERGENCY, openEmergency } from './emergency/open.ts';
import { type Station, startStation } from './station.ts';
import { superviseReader, SYSTEM_PCSC_SOCKET } from './supervised-reader.ts';

const HELP = `Countersign reader station: puts the card readers of this machine at the gateway's disposal.

  node clients/reader/main.ts --config station.json

It runs beside the reader, carries bytes between a device and the gateway over mutual TLS, and can read none of
them: what it carries is signed, and the device judges it.

On a ward PC with a physical NFC reader (any PC/SC reader, for example ACS ACR1252U), Debian or Ubuntu:

  1. apt-get install pcscd libpcsclite-dev libccid
  2. systemctl enable --now pcscd.socket
  3. npm ci, then npm rebuild @pokusew/pcsclite     (node clients/ward/setup.mjs does 1 and 3 where it may)
  4. modprobe -r pn533_usb                          only for readers that the kernel's own NFC driver takes
  5. have the authority issue a certificate for the station; its key never leaves this machine
  6. write station.json and start the command above as a user of its own

station.json:

  gatewayUrl   wss://ADDRESS:PORT/PATH of the gateway's station door
  hostname     the name in the gateway's certificate
  key, cert    PEM files: this station's private key and certificate
  ca           PEM file: the authority that signed the gateway's certificate; no other is trusted
  label        what people call this place ("Ward 3, bed 2"), at most 64 characters, as in the certificate
  pcscSocket   optional; default ${SYSTEM_PCSC_SOCKET}
  emergency    optional: the emergency door of this station, for the day when the gateway is not there
               { port, hostname, folder, anchors, linkKey, linkCredential, key, cert }
               port and hostname are the door's own; key and cert are its TLS files, left out in a simulation only

The socket of pcscd is open to every local user by default. On a machine with other users give it a group of its
own (systemctl edit pcscd.socket: SocketGroup=, SocketMode=0660). The reader is taken exclusively while a device
lies on it: other programs get "sharing violation" until it is taken away.
`;

const CONFIG = z.strictObject({
  gatewayUrl: z.url({ protocol: /^wss$/ }),
  hostname: z.string().min(1).max(253),
  key: z.string().min(1),
  cert: z.string().min(1),
  ca: z.string().min(1),
  label: z.string().max(64).refine(isPlainName, 'has characters that do not print, or none'),
  pcscSocket: z.string().min(1).default(SYSTEM_PCSC_SOCKET),
  emergency: EMERGENCY.optional(),
});

/** A lost gateway is noticed after twice this; the tablet shows the reader as gone at the same time. */
const HEARTBEAT_MS = 5_000;

await runProcess({
  name: 'reader',
  help: HELP,
  async main(ctx) {
    const config = ctx.readConfig(CONFIG);
    const tls = {
      key: readFileSync(config.key, 'utf8'),
      cert: readFileSync(config.cert, 'utf8'),
      ca: readFileSync(config.ca, 'utf8'),
    };
    const door = config.emergency && (await openEmergency(config.emergency, () => station, ctx));
    const station: Station = startStation({
      ...(door && { onTold: door.told, onGone: door.gone }),
      label: config.label,
      reader: superviseReader({ pcscSocket: config.pcscSocket }),
      onState({ readers, trouble }) {
        if (trouble === undefined)
          ctx.log.info('readers', { count: readers.length, reader: readers.join(', ') });
        else ctx.log.warn('no card can be read', { code: trouble, reason: READER_TROUBLES[trouble] });
      },
    });
    ctx.onStop('the readers', () => station.close());

    const channels = attachable(
      (channel) => station.attach(channel),
      () => ctx.fail('the gateway sent what is no request; stopping, so that it is noticed'),
    );
    const link = connectLink({
      url: config.gatewayUrl,
      hostname: config.hostname,
      tls,
      subprotocol: 'countersign.reader.v1',
      maxPayload: MAX_STATION_FRAME,
      heartbeatMs: HEARTBEAT_MS,
      onOpen(open) {
        ctx.log.info('linked to the gateway', { url: config.gatewayUrl });
        channels.opened(open);
        door?.linked();
      },
      onMessage: (bytes) => channels.received(bytes),
      onClose(reason) {
        ctx.log.warn('link to the gateway lost', { reason });
        channels.closed(reason);
      },
      onFailed: (reason) => ctx.log.warn('the gateway cannot be reached', { reason }),
    });
    ctx.onStop('the link to the gateway', () => link.close());
    ctx.ready({ label: config.label, ...(door && { emergencyPort: door.port }) });
  },
});
