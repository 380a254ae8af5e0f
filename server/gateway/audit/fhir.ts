import type { StoryRow } from '../../edge/desks/audit-desk.ts';
import { tellAction } from './export-text.ts';

/** Where rows come from; stands in every event. */
export interface FhirSource {
  /** Origin of the log. */
  readonly origin: string;
  /** Nothing real happened: each resource is tagged as test data. */
  readonly simulated: boolean;
  /** Minutes east of UTC. */
  readonly offset: number;
  readonly instant: (ms: number) => string;
}

const BALP = 'https://profiles.ihe.net/ITI/BALP';
const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const TYPE = 'http://terminology.hl7.org/CodeSystem/audit-event-type';
const RESTFUL = 'http://hl7.org/fhir/restful-interaction';
const OURS = 'urn:countersign';

/** The tag of resources that tell of nothing real (v3 ActReason, "test health data"). */
export const TEST_DATA = {
  tag: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
      code: 'HTEST',
      display: 'SIMULATION: test health data',
    },
  ],
} as const;

const coding = (system: string, code: string, display?: string): object => ({
  system,
  code,
  ...(display !== undefined && { display }),
});

/** What kinds of rows that are about no change of a device are in DICOM's words. */
const EVENTS: Readonly<Record<string, readonly [code: string, display: string, action: string]>> = {
  export: ['110106', 'Export', 'R'],
  logRead: ['110101', 'Audit Log Used', 'R'],
  breakGlass: ['110127', 'Emergency Override Started', 'E'],
  alarm: ['110113', 'Security Alert', 'E'],
  refused: ['110113', 'Security Alert', 'E'],
  signedOut: ['110123', 'Logout', 'E'],
  lock: ['110137', 'User Security Attributes Changed', 'U'],
  credential: ['110137', 'User Security Attributes Changed', 'C'],
  status: ['110137', 'User Security Attributes Changed', 'U'],
  policy: ['110129', 'Security Configuration', 'U'],
  anchors: ['110129', 'Security Configuration', 'U'],
  enrolment: ['110129', 'Security Configuration', 'U'],
  start: ['110120', 'Application Start', 'E'],
};
const OTHER = ['110100', 'Application Activity', 'E'] as const;

/**
 * One row as a FHIR R4 AuditEvent. A command that a device applied follows IHE BALP: an update of a DeviceRequest, of a
 * patient where one is known. What was refused or is unknown may not claim that profile, which fixes success: it is a
 * security alert with its reason.
 */
export function auditEvent(row: StoryRow, source: FhirSource): object {
  const done = row.command !== undefined && (row.outcome === 'applied' || row.outcome === 'applied-modified');
  const recorded = source.instant(row.ended ?? row.time);
  const base = { resourceType: 'AuditEvent', id: `entry-${row.id}` };
  if (done) {
    const profile = row.patient === undefined ? 'Update' : 'PatientUpdate';
    return {
      ...base,
      meta: {
        profile: [`${BALP}/StructureDefinition/IHE.BasicAudit.${profile}`],
        ...(source.simulated && TEST_DATA),
      },
      type: coding(TYPE, 'rest', 'Restful Operation'),
      subtype: [coding(RESTFUL, 'update', 'update')],
      action: 'U',
      recorded,
      outcome: '0',
      agent: agents(row, source),
      source: observer(source),
      entity: entities(row, source),
    };
  }
  const [code, display, action] =
    row.command === undefined ? (EVENTS[row.kind] ?? OTHER) : ['110113', 'Security Alert', 'E'];
  const bad = row.command !== undefined || row.kind === 'refused' || row.kind === 'alarm';
  return {
    ...base,
    ...(source.simulated && { meta: TEST_DATA }),
    type: coding(DCM, code, display),
    subtype: [coding(`${OURS}:entry`, row.kind)],
    action,
    recorded,
    outcome: bad ? '8' : '0',
    outcomeDesc: tellAction(row),
    agent: agents(row, source),
    source: observer(source),
    entity: entities(row, source),
  };
}

const observer = ({ origin }: FhirSource): object => ({
  site: origin,
  observer: { identifier: { system: `${OURS}:log`, value: origin }, display: 'Countersign gateway' },
  type: [coding('http://terminology.hl7.org/CodeSystem/security-source-type', '4', 'Application Server')],
});

/** Tablet, gateway, and who signed first, by pseudonym: BALP has one user; the second person is told as a detail. */
function agents(row: StoryRow, { origin }: FhirSource): readonly object[] {
  const people = row.people.slice(0, 1).map(({ kid, subject }) => ({
    type: { coding: [coding('http://terminology.hl7.org/CodeSystem/v3-ParticipationType', 'AUT')] },
    who: { identifier: { system: `${OURS}:person`, value: subject ?? kid } },
    requestor: true,
    purposeOfUse: [{ coding: [coding('http://terminology.hl7.org/CodeSystem/v3-ActReason', 'TREAT')] }],
  }));
  return [
    {
      type: { coding: [coding(DCM, '110153', 'Source Role ID')] },
      who: { display: 'signing tablet' },
      requestor: people.length === 0,
      network: { address: row.place ?? 'tablet', type: '1' },
    },
    {
      type: { coding: [coding(DCM, '110152', 'Destination Role ID')] },
      who: { identifier: { system: `${OURS}:log`, value: origin } },
      requestor: false,
      network: { address: origin, type: '1' },
    },
    ...people,
  ];
}

const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const OBJECT_ROLE = 'http://terminology.hl7.org/CodeSystem/object-role';

function entities(row: StoryRow, { origin }: FhirSource): readonly object[] {
  const detail = [
    { type: 'log-origin', valueString: origin },
    { type: 'log-index', valueString: String(row.last) },
    ...(row.command === undefined ? [] : [{ type: 'command-sha256', valueString: row.command }]),
    ...(row.tier === undefined ? [] : [{ type: 'risk-tier', valueString: `R${row.tier}` }]),
    ...(row.receipt === undefined
      ? []
      : [{ type: 'device-receipt-number', valueString: String(row.receipt) }]),
    { type: 'second-person', valueString: row.second },
    ...row.people
      .slice(1)
      .map(({ kid, subject }) => ({ type: 'second-signer', valueString: subject ?? kid })),
  ];
  const what =
    row.command === undefined
      ? { identifier: { system: `${OURS}:entry`, value: String(row.id) } }
      : { identifier: { system: `${OURS}:command`, value: row.command }, type: 'DeviceRequest' };
  return [
    {
      what,
      type: coding(ENTITY_TYPE, '2', 'System Object'),
      role: coding(OBJECT_ROLE, '4', 'Domain Resource'),
      detail,
    },
    ...(row.patient === undefined
      ? []
      : [
          {
            what: { identifier: { system: `${OURS}:patient`, value: row.patient }, type: 'Patient' },
            type: coding(ENTITY_TYPE, '1', 'Person'),
            role: coding(OBJECT_ROLE, '1', 'Patient'),
          },
        ]),
    ...(row.device === undefined
      ? []
      : [
          {
            what: {
              identifier: { system: 'urn:ietf:rfc:3986', value: `urn:dev:mac:${row.device}` },
              type: 'Device',
            },
            type: coding(ENTITY_TYPE, '4', 'Other'),
          },
        ]),
  ];
}
