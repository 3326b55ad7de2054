/** What is wrong with a boot: the cause, how sure that is, what tells so, and what to do. */

import type { DiagnosisView } from "../../../src/web/schema/sessions.ts";

interface DiagnosesProps {
  readonly diagnoses: readonly DiagnosisView[];
  /** It has come up all the same. */
  readonly isUp: boolean;
}

export function Diagnoses({ diagnoses, isUp }: DiagnosesProps) {
  return (
    <div aria-live="polite">
      {diagnoses.map((diagnosis) => (
        <Diagnosis key={diagnosis.code} diagnosis={diagnosis} isUp={isUp} />
      ))}
    </div>
  );
}

const CERTAINTY: Readonly<Record<DiagnosisView["certainty"], string>> = {
  certain: "Certain: it was seen",
  likely: "Likely: nothing else that is known looks like it",
  possible: "Possible: other things look like it",
};

interface DiagnosisProps {
  readonly diagnosis: DiagnosisView;
  readonly isUp: boolean;
}

function Diagnosis({ diagnosis: { code, certainty, what, cure, evidence }, isUp }: DiagnosisProps) {
  const tone = isUp || certainty === "possible" ? "warn" : "bad";
  return (
    <section class={`diagnosis ${tone}`} aria-label={`Diagnosis ${code}`}>
      <h2>{sentence(what)}</h2>
      <p class="cure">
        <strong>What to do:</strong> {cure}.
      </p>
      <ul>
        {evidence.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
      <p class="fine">
        <a href={`/codes#${code}`}>
          <code>{code}</code>
        </a>{" "}
        {CERTAINTY[certainty]}
      </p>
    </section>
  );
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
