import assert from 'node:assert/strict';
import { z } from 'zod';
import { routeTable } from '../../server/edge/app.ts';
import { COMMAND_HASH, DEVICE_ID, DRAFT_ID, GLASS_ID, PATIENT_ID, wire } from './desk.ts';
import { type Answered, type Ask, type Front, openFront } from './front.ts';

const MEDIA = z.object({ schema: z.record(z.string(), z.unknown()).optional() });
const OPERATION = z.object({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean() })),
  requestBody: z.object({ content: z.record(z.string(), MEDIA) }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: z.record(z.string(), MEDIA).optional() })),
}); // prettier-ignore
const DOCUMENT = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), OPERATION)),
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});
type Document = z.infer<typeof DOCUMENT>;

const example = (path: string, hash = COMMAND_HASH, device = DEVICE_ID): string =>
  path
    .replace('/patients/{id}', `/patients/${device === DEVICE_ID ? PATIENT_ID : device.repeat(2)}`)
    .replace('/drafts/{id}', `/drafts/${device === DEVICE_ID ? DRAFT_ID : 'A'.repeat(22)}`)
    .replace('/break-glass/{id}', `/break-glass/${device === DEVICE_ID ? GLASS_ID : 'ff'.repeat(32)}`)
    .replace('{id}', device)
    .replace('{hash}', hash)
    .replace('{path}', path.includes('entries') ? '000' : '0/000') + (QUERIES[path] ?? '');

/** Questions that have to say more than a path does. */
const QUERIES: Readonly<Record<string, string>> = {
  '/v1/devices/{id}/values': '?since=0&until=3600000',
  '/v1/devices/{id}/waves': '?code=131330&since=0&until=60000',
  '/v1/devices/{id}/fhir': '?since=0&until=60000',
  '/v1/devices/{id}/signs': '?since=0&until=60000',
  '/v1/devices/{id}/alarms': '?since=0&until=3600000',
  '/v1/devices/{id}/trend': '?code=147842&since=0&until=3600000',
};

/** What fits each route that takes something else than a signed statement. */
const WHY = { purpose: 'complaint 12' };
const BODIES: Readonly<Record<string, object>> = {
  '/v1/audit/retention': WHY,
  '/v1/patient-links': { device: DEVICE_ID },
  '/v1/patient-view': { key: 'A'.repeat(43) },
  '/v1/patient-view/evidence': { key: 'A'.repeat(43), command: COMMAND_HASH },
  '/v1/audit/bundle': WHY,
  '/v1/audit/export': { ...WHY, format: 'csv' },
  '/v1/audit/overview': WHY,
  '/v1/audit/stories': { ...WHY, tier: 2, text: 'acorn actor' },
  '/v1/audit/story': { ...WHY, id: 7 },
  '/v1/audit/unmask': { ...WHY, command: COMMAND_HASH },
  '/v1/key-uses': {},
  '/v1/audit/gaps': WHY,
  '/v1/audit/access': WHY,
  '/v1/audit/case': { ...WHY, about: 'case-1' },
  '/v1/stream-ticket': {},
  '/v1/reader-binding': { label: 'station-1' },
  '/v1/reader-signal': {},
  '/v1/drafts/{id}/show': {},
  '/v1/drafts/{id}/decline': { reason: 'the potassium came back low' },
  '/v1/patient-binding': { patient: PATIENT_ID },
  '/v1/patient-search': { family: 'Sim', birthDate: '1948-03-04' },
};

describe('the OpenAPI document', () => {
  let front: Front;
  let document: Document;
  before(async () => {
    // Every route in a row is more than one network may ask in a second.
    const gate = { total: 1_000, perNetwork: 500, perSecond: 10_000, burst: 10_000, networkShare: 1 };
    front = await openFront({ server: { gate } });
    document = DOCUMENT.parse((await front.ask('GET', '/openapi.json')).json);
  });
  after(() => front.close());

  /** Holds one answer against what the document says of it. */
  function expectDocumented(method: string, path: string, answered: Answered): void {
    const said = document.paths[path]?.[method]?.responses[answered.status];
    assert.ok(
      said,
      `${method} ${path} answers ${answered.status}, which is not documented: ${answered.text}`,
    );
    const type = answered.headers['content-type'];
    if (said.content === undefined) return assert.deepEqual([type, answered.text], [undefined, '']);
    const media = said.content[String(type)];
    assert.ok(media, `${method} ${path} answers ${answered.status} as ${String(type)}`);
    if (media.schema === undefined) return;
    const { $ref } = media.schema;
    const name = typeof $ref === 'string' ? $ref.replace('#/components/schemas/', '') : undefined;
    const schema = name === undefined ? media.schema : document.components.schemas[name];
    assert.ok(schema);
    z.fromJSONSchema(schema).parse(answered.json);
  }

  it('describes every route of the table and nothing else, each under its own name', () => {
    const { routes } = routeTable('0');
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    assert.deepEqual(described.toSorted(), routes.map(({ method, path }) => `${method} ${path}`).toSorted());
    const ids = Object.values(document.paths).flatMap((m) => Object.values(m).map((o) => o.operationId));
    assert.equal(new Set(ids).size, ids.length, ids.join(' '));
  });

  it('names every path parameter, and the session wherever one is needed', () => {
    for (const { method, path, access } of routeTable('0').routes) {
      const said = document.paths[path]?.[method];
      assert.ok(said);
      const inPath = said.parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
      assert.deepEqual(inPath, path.match(/\{\w+\}/gu) ?? []);
      assert.equal(said.security.length, access === 'open' ? 0 : 1);
    }
  });

  for (const { method, path, access } of routeTable('0').routes) {
    it(`tells how ${method} ${path} answers, well and badly`, async () => {
      const body = method === 'post' ? { body: BODIES[path] ?? wire() } : {};
      const headers = {};
      const token = access === 'open' ? {} : { token: front.desk.newSession() };
      const asks: [string, Ask][] = [
        [example(path), { headers, ...token, ...body }],
        [example(path), { headers, ...body }],
        [example(path), { headers: { ...headers, origin: 'https://evil.example' }, ...body }],
        [example(path), { headers: { ...headers, host: 'evil.example' }, ...body }],
        [`${example(path)}?more=1`, { headers, ...token, ...body }],
        [`${example(path)}?%`, { headers, ...token, ...body }],
        [example(path, 'ff'.repeat(32), 'ff'.repeat(8)), { headers, ...token, ...body }],
        [example(path), { headers, ...token, body: '{' }],
        [example(path), { headers, ...token, body: '{"more":1}' }],
        [example(path), { headers, ...token, body: 'x'.repeat(70_000) }],
        [example(path), { headers: { 'content-type': 'text/plain' }, ...token, body: '{}' }],
      ];
      const statuses = new Set<number>();
      for (const [at, ask] of asks) {
        // A route that ends the session needs a new one for the next question.
        const fresh = ask.token === undefined ? ask : { ...ask, token: front.desk.newSession() };
        const answered = await front.ask(method.toUpperCase(), at, fresh);
        expectDocumented(method, path, answered);
        statuses.add(answered.status);
      }
      assert.ok([...statuses].some((status) => status < 300) && statuses.has(403) && statuses.has(421));
    });
  }

  it('tells how a gateway answers that is not ready, or that makes a mistake', async () => {
    front.desk.nowHealth = { ...front.desk.nowHealth, ready: false, evidence: 'no-quorum' };
    expectDocumented('get', '/readyz', await front.ask('GET', '/readyz'));
    front.desk.onDevices = () => {
      throw new Error('not foreseen');
    };
    const token = front.desk.newSession();
    expectDocumented('get', '/v1/devices', await front.ask('GET', '/v1/devices', { token }));
  });
});
