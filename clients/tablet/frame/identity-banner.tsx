import { useEffect, useRef } from 'preact/hooks';
import type { Patient } from '../patient/patients.ts';
import type { State } from '../state.ts';
import { ageOf, clock, dateOf, endOf, initialsOf, nameOf, texts } from '../words.ts';

/** Who is in front of the tablet, and which device: on every screen, in colours that never change. */
export function IdentityBanner({ state }: { state: State }) {
  const patient = state.patient.value;
  if (!patient) return null;
  const reading = state.reading.value;
  const { person } = texts.value;
  const Marks = state.screens.value?.HeaderMarks;
  return (
    <section class="identity" aria-label={nameOf(patient)}>
      <Portrait patient={patient} />
      <div class="who">
        <strong>{nameOf(patient)}</strong>
        <span class="quiet">
          {aboutPatient(patient, state.now.value, state.sheet.value?.kind === 'sign')
            .split(/(?<= · )/u)
            .map((item) => (
              <span key={item}>{item}</span>
            ))}
        </span>
      </div>
      <div class="which">
        {reading ? (
          <>
            <strong>
              {reading.profile.model} …{endOf(reading.id)}
            </strong>
            <span class="quiet">
              {reading.name} · {clock(reading.at)}
            </span>
          </>
        ) : (
          <span class="quiet">{state.wanted.value ? person.unread : person.noDevice}</span>
        )}
      </div>
      {Marks && <Marks state={state} />}
    </section>
  );
}

/** @param asked the year of birth has to come from the patient: it is not told here */
export function aboutPatient(patient: Patient, now: number, asked = false): string {
  const { person } = texts.value;
  const sex = { male: person.male, female: person.female, other: person.other, unknown: person.unknown };
  return [
    !asked && person.born(dateOf(patient.birthDate), ageOf(patient.birthDate, now)),
    patient.sex && sex[patient.sex],
    patient.mrn && person.mrn(patient.mrn),
    [patient.ward, patient.bed].filter(Boolean).join(', '),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** The portrait, drawn into a canvas; initials where there is none. */
export function Portrait({ patient }: { patient: Pick<Patient, 'portrait' | 'family' | 'given'> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { portrait } = patient;
  useEffect(() => {
    if (!portrait) return;
    const size = Math.min(portrait.width, portrait.height);
    canvas.current
      ?.getContext('2d')
      ?.drawImage(
        portrait,
        (portrait.width - size) / 2,
        (portrait.height - size) / 2,
        size,
        size,
        0,
        0,
        112,
        112,
      );
  }, [portrait]);
  if (!portrait) return <span class="portrait">{initialsOf(patient)}</span>;
  return <canvas class="portrait" width={112} height={112} ref={canvas} aria-hidden="true" />;
}
