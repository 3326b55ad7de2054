/** `/codes`: what every code means that Mayfly shows, from its documents. */

import { useEffect, useRef } from "preact/hooks";
import errors from "../../../docs/errors.md?raw";
import { usePlace } from "../shell/app.ts";
import type { Page } from "../shell/page.ts";
import { type CodeRow, type CodeSection, readCodes } from "../state/codes.ts";

export const codesPage: Page = { path: "/codes", title: () => "Codes", View: CodesView };

/** A code may mean something in several tables; links are to what a diagnosis means by it. */
const LINKED = "What a boot's diagnosis says";

function CodesView() {
  const { hash } = usePlace();
  const sections = readCodes(errors);
  const first = sections.filter(({ title }) => title === LINKED);
  const others = sections.filter(({ title }) => title !== LINKED);
  return (
    <>
      <h1>Codes</h1>
      {[...first, ...others].map((section) => (
        <Section key={section.title} section={section} wanted={section.title === LINKED ? hash : undefined} />
      ))}
    </>
  );
}

interface SectionProps {
  readonly section: CodeSection;
  readonly wanted: string | undefined;
}

function Section({ section: { title, heads, rows }, wanted }: SectionProps) {
  return (
    <section>
      <h2>{title}</h2>
      <table class="card codes">
        <thead>
          <tr>
            <th scope="col">Code</th>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.code} row={row} isWanted={row.code === wanted} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row: { code, cells }, isWanted }: { readonly row: CodeRow; readonly isWanted: boolean }) {
  const line = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isWanted) line.current?.scrollIntoView({ block: "center" });
  }, [isWanted]);
  return (
    <tr ref={line} class={isWanted ? "wanted" : undefined}>
      <th scope="row">
        <code>{code}</code>
      </th>
      {cells.map((cell) => (
        <td key={cell}>{marked(cell)}</td>
      ))}
    </tr>
  );
}

/** Every second part stands between backticks. */
function marked(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={part}>{part}</code>));
}
