import { challengeOf } from '../../authenticate/challenge.ts';
import { makeApp } from '../../edge/app.ts';
import { openDeviceServer, type PeerPath, type Recognised } from '../../edge/sockets/device-socket.ts';
import type { Door } from '../../edge/origins.ts';
import { openPeopleServer } from '../../edge/server-http.ts';
import { openStream } from '../../edge/sockets/stream.ts';
import { rateHeaders } from '../../authorize/rate-headers.ts';
import { rateAnswer } from '../../authorize/rate-limits.ts';
import { DEVELOPMENT_ONLY_plainHttpOnLoopback } from '../../config.ts';
import { Refusal } from '../../protocol/refusal.ts';
import { admission } from '../devices/admit.ts';
import { loggedAttempts } from '../devices/attempts.ts';
import type { DoorParts, Doors } from './doors.ts';

const VERSION = '0.1.0';

/** Opens the two real ports: people (HTTP and the stream) and devices (mutual TLS). */
export async function openDoors(parts: DoorParts): Promise<Doors> {
  const { config, trust, live, peers, desk, contacts, refusals, now, program, metrics } = parts;
  const plain = config.weaknesses.includes(DEVELOPMENT_ONLY_plainHttpOnLoopback);
  const door: Door = {
    get origins() {
      return [...config.origins, ...live.anchors.origins.map(({ origin }) => origin)];
    },
    // By address only in a simulation, whose local names no resolver knows.
    hosts: [config.hostnames.clinicians, ...(plain ? ['127.0.0.1', 'localhost'] : [])],
    // Programs (the command line, an interface engine) send no Origin; they sign with a passkey all the same.
    nativeClients: true,
  };
  const attempted = loggedAttempts(refusals);
  const app = makeApp({
    desk,
    door,
    now,
    version: VERSION,
    log: program,
    admit: admission(now),
    refused: (code, route) => {
      metrics.refused(code);
      attempted(code);
      if (code === 'E_RATE') metrics.rateLimited(route);
      // Every tablet asks without a nonce once, and is told.
      if (code !== 'E_DPOP_NONCE') desk.refusals.note({ code, place: route, why: '' });
    },
    challenge: challengeOf,
    rateHeaders: (refusal) => {
      const answer = rateAnswer(refusal);
      return answer && rateHeaders(answer);
    },
  });
  const stream = openStream({ desk, door, now, log: program });
  const people = await openPeopleServer({
    app,
    upgrade: (request, socket, head) => stream.upgrade(request, socket, head),
    host: config.listen,
    port: config.ports.clinicians,
    ...(!plain && { tls: trust.tls }),
    weaknesses: config.weaknesses,
    now,
  });
  const ca = `${trust.tls.deviceCa}\n${trust.tls.serviceCa}`;
  const opening = openDeviceServer({
    tls: { key: trust.tls.key, cert: trust.tls.cert, ca },
    host: config.listen,
    port: config.ports.devices,
    now,
    log: program,
    recognise: (fingerprint, path) => recognise(parts, fingerprint, path),
    onDevice: (id, channel) => contacts.onDevice(id, channel),
    onStation: (label, channel) => contacts.onStation(label, channel),
    audit: (event) => {
      if (event.kind === 'refused') {
        refusals.record({ code: event.code, detail: 'device port' });
        const stray = event.fingerprint !== undefined && peers.device(event.fingerprint);
        if (stray) contacts.strayed(stray.id);
      } else if (event.kind === 'tls-failed') refusals.record({ code: 'E_TLS_PEER', detail: 'device port' });
    },
  });
  // A device port that is taken must not leave the people's port open behind a gateway that gave up.
  const devices = await opening.catch(async (error: unknown) => {
    stream.close();
    await people.close();
    throw error;
  });
  return {
    ports: { devices: devices.port, clinicians: people.port },
    sockets: () => ({
      people: people.connections,
      devices: devices.devices,
      stations: devices.stations,
      strangers: devices.strangers,
    }),
    recheck: () => devices.recheck(),
    reload(tls) {
      devices.reload({ ...tls, ca });
      if (!plain) people.reload(tls);
    },
    async close() {
      stream.close();
      await devices.close();
      await people.close();
    },
  };
}

/** Whose certificate is it? Devices are enrolled by fingerprint, stations by the hospital's own list. */
function recognise({ peers }: DoorParts, fingerprint: string, path: PeerPath): Recognised {
  const device = peers.device(fingerprint);
  if (path === '/device' && device) return { kind: 'device', id: device.hex };
  const label = peers.station(fingerprint);
  if (path === '/reader' && label !== undefined) return { kind: 'station', label };
  throw new Refusal('E_NOT_ENROLLED', 'nobody enrolled this certificate for this door', path);
}
