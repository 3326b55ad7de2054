/** What changed from one generation to another. */

import type { GenerationDiffView } from "../../../src/web/schema/generations.ts";
import { deltaText, growthText, valueRow, versionsText } from "../state/generation-words.ts";

export function GenerationDiff({ diff }: { readonly diff: GenerationDiffView }) {
  const { values, parameters, sizeDeltaBytes, packages, untold } = diff;
  const edited = parameters.filter(({ edit }) => edit !== "same");
  const isSame = values.length === 0 && edited.length === 0 && packages?.length === 0;
  return (
    <>
      <p>
        {isSame ? "Nothing that a person would see. " : ""}
        What every boot fetches is {growthText(sizeDeltaBytes)}.
      </p>
      {values.length === 0 ? undefined : (
        <table class="plain">
          <caption class="unseen">Values that are others now</caption>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Before</th>
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>
            {values.map(valueRow).map(({ name, before, after }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <del>{before}</del>
                </td>
                <td>
                  <ins>{after}</ins>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {edited.length === 0 ? undefined : <Parameters parameters={parameters} />}
      <Packages packages={packages} untold={untold} />
    </>
  );
}

function Parameters({ parameters }: Pick<GenerationDiffView, "parameters">) {
  return (
    <>
      <h3>Kernel parameters</h3>
      <p class="words">
        {parameters.map(({ edit, word }, index) => {
          const key = `${index} ${word}`;
          if (edit === "same") return <code key={key}>{word}</code>;
          return edit === "added" ? (
            <ins key={key}>
              <span class="unseen">added </span>
              <code>{word}</code>
            </ins>
          ) : (
            <del key={key}>
              <span class="unseen">removed </span>
              <code>{word}</code>
            </del>
          );
        })}
      </p>
    </>
  );
}

const CHANGES = { added: "new", removed: "gone", changed: "changed", resized: "same version" } as const;

function Packages({ packages, untold }: Pick<GenerationDiffView, "packages" | "untold">) {
  if (packages === undefined)
    return untold === undefined ? undefined : <p class="fine">Packages: {untold}.</p>;
  if (packages.length === 0) return undefined;
  return (
    <>
      <h3>Packages</h3>
      <table class="plain">
        <caption class="unseen">Packages that are others now</caption>
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Versions</th>
            <th scope="col">Change</th>
            <th scope="col">Size</th>
          </tr>
        </thead>
        <tbody>
          {packages.map((each) => (
            <tr key={each.name}>
              <th scope="row">{each.name}</th>
              <td>{versionsText(each)}</td>
              <td>{CHANGES[each.change]}</td>
              <td class="number">{deltaText(each.deltaBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
