/** Reads Prometheus' text format, version 0.0.4, and takes nothing that the format does not allow. */

export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
// Numbers are as Go reads them, to whom letters are alike: prom-client writes `Nan`.
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? ([Nn]a[Nn]|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;

/** @throws Error for the first line that is not allowed where it stands */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, { help: string; type: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current = "";
  let helped: { name: string; help: string } | undefined;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const fail = (why: string) => new Error(`${why}: ${line}`);
    const help = HELP.exec(line);
    const type = TYPE.exec(line);
    if (help !== null) {
      const [, name = "", words = ""] = help;
      if (families.has(name)) throw fail("a family twice");
      helped = { name, help: words };
    } else if (type !== null) {
      const [, name = "", kind = ""] = type;
      if (helped?.name !== name) throw fail("a type without its help before it");
      families.set(name, { help: helped.help, type: kind, samples: [] });
      current = name;
      helped = undefined;
    } else {
      const sample = parseSample(line);
      const family = families.get(current);
      if (sample === undefined || family === undefined || helped !== undefined) throw fail("not a sample");
      if (!belongs(sample.name, current, family.type)) throw fail(`not of ${current}`);
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) throw fail("a series twice");
      seen.add(key);
      family.samples.push(sample);
    }
  }
  return families;
}

function belongs(name: string, family: string, type: string): boolean {
  const endings = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  if (type === "summary") endings.push("_sum", "_count");
  return endings.some((ending) => name === `${family}${ending}`);
}

function parseSample(line: string): Sample | undefined {
  const [, name = "", inner = "", number = ""] = SAMPLE.exec(line) ?? [];
  if (name === "") return undefined;
  const labels: Record<string, string> = {};
  for (let rest = inner; rest !== ""; ) {
    const [whole, label = "", value = ""] = LABEL.exec(rest) ?? [];
    if (whole === undefined || label in labels) return undefined;
    labels[label] = value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(whole.length);
  }
  const value = number.endsWith("Inf") ? Number(number.replace("Inf", "Infinity")) : Number(number);
  return { name, labels, value };
}

/** The value of the one series that has these labels. */
export function seriesValue(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name.replace(/_(?:bucket|sum|count)$/, "")) ?? families.get(name);
  const all = [...(family?.samples ?? []), ...(families.get(name)?.samples ?? [])];
  return all.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}
