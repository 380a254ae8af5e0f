import { type Case, refused, succeeded } from '../case.ts';
import { isLoopback, socketsOf } from '../sockets.ts';
import { judged } from './present.ts';

/** Doors that nobody spoke of. */
export const PORTS: readonly Case[] = [
  {
    id: 'GW-20',
    scene: 'gateway',
    given: [],
    aim: 'a door for support, debugging or configuration',
    codes: ['E_ROUTE', 'E_SESSION', 'nobody listens'],
    async *play(at) {
      for (const path of [
        '/admin',
        '/debug',
        '/debug/pprof',
        '/config',
        '/v1/config',
        '/shell',
        '/eval',
        '/metrics',
        '/logs',
        '/v1/log',
        '/.env',
        '/actuator',
        '/console',
      ])
        yield judged(path, await at.ask(path));
      const pid = at.ward.running.pids.get('gateway');
      const known = ['gateway-devices', 'gateway-clinicians', 'metrics'].map((name) => at.ward.port(name));
      const other = (pid === undefined ? [] : (socketsOf(pid) ?? []))
        .filter(
          ({ listening, local }) =>
            listening && !known.includes(Number.parseInt(local.split(':')[1] ?? '', 16)),
        )
        .map(({ local }) => local);
      yield other.length > 0
        ? succeeded('a port nobody spoke of', 'gateway', other.join())
        : refused('a port nobody spoke of', 'system', 'nobody listens');
    },
  },
  {
    id: 'GW-24',
    scene: 'gateway',
    given: [],
    aim: 'reach any process of the ward from another machine',
    codes: ['loopback only'],
    async *play(at) {
      for (const [name, pid] of at.ward.running.pids) {
        const open = (socketsOf(pid) ?? []).filter(({ listening, local }) => listening && !isLoopback(local));
        yield open.length > 0
          ? succeeded(name, 'system', open.map(({ local }) => local).join())
          : refused(`${name}, over any other interface`, 'system', 'loopback only');
      }
    },
  },
  {
    id: 'BED-01',
    scene: 'gateway',
    given: [],
    aim: 'dial into a device',
    codes: ['nobody listens'],
    async *play(at) {
      for (const name of ['pump-1', 'pump-2', 'pacemaker-1']) {
        const pid = at.ward.running.pids.get(name);
        const open = (pid === undefined ? [] : (socketsOf(pid) ?? [])).filter(({ listening }) => listening);
        yield open.length > 0
          ? succeeded(`a port of ${name}`, 'device', open.map(({ local }) => local).join())
          : refused(`a port of ${name}`, 'system', 'nobody listens');
      }
    },
  },
];
