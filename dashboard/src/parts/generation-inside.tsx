/** What is in a generation: what the kernel is told, and what the system runs. */

import { useState } from "preact/hooks";
import type { InsideView } from "../../../src/web/schema/inside.ts";
import { useAnswer } from "../shell/app.ts";
import { Fault, Waiting } from "./answer.tsx";
import { SearchBox } from "./search-box.tsx";

interface InsideProps {
  readonly host: string;
  readonly number: number;
}

export function GenerationInside({ host, number }: InsideProps) {
  const path = `/hosts/${encodeURIComponent(host)}/inside?generation=${number}`;
  const { value, error, again } = useAnswer<InsideView>(path);
  const [text, setText] = useState("");
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="what is inside" />;
  const { init, parameters, services, untold, cure } = value;
  const found = services?.filter(({ name, description = "", commands }) =>
    [name, description, ...commands].join(" ").toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <>
      {init === undefined ? undefined : (
        <p>
          The kernel starts <code class="long">{init}</code>.
        </p>
      )}
      <h3>Kernel parameters</h3>
      <p class="words">
        {parameters.length === 0 ? <span class="none">none</span> : undefined}
        {parameters.map((word, index) => (
          <code key={`${index} ${word}`}>{word}</code>
        ))}
      </p>
      <h3>Services{services === undefined ? "" : ` (${services.length})`}</h3>
      {services === undefined ? (
        <p class="fine">
          {untold}. {cure}
        </p>
      ) : (
        <>
          <SearchBox label="Search services" hint="Search services" text={text} onText={setText} />
          <ul class="services">
            {found?.map(({ name, description, commands, wantedBy }) => (
              <li key={name}>
                <details>
                  <summary>
                    <strong>{name}</strong> <span class="rule">{description}</span>
                  </summary>
                  {commands.map((command) => (
                    <pre key={command}>{command}</pre>
                  ))}
                  <p class="fine">{wantedBy.length === 0 ? "" : `Wanted by ${wantedBy.join(", ")}`}</p>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
