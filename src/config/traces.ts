/** Where traces are sent, as it is believed: the configuration's key and OpenTelemetry's own variables put together. */

import { parsePairs } from "../wire/otlp/pairs.ts";
import { quote } from "./mistake.ts";
import type { RawTraces } from "./raw-traces.ts";
import type { TraceSettings } from "./settings.ts";
import { isHeaderName, isHeaderText, isHttpUrl } from "./values.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads both; a variable wins over the key.
 *
 * The variables are there for every program of a machine, so that one that cannot be used is told and left
 * out, where one of ours would be a mistake.
 *
 * @returns `undefined` where nobody wants traces
 * @see OpenTelemetry "Environment Variable Specification", "OTLP Exporter Configuration"
 */
export function traceSettings(raw: RawTraces, env: Env): TraceSettings | undefined {
  if (isOff(env)) return undefined;
  const place = endpointOf(raw, env);
  const headers = headersOf(env);
  const attributes = pairsOf(env, "OTEL_RESOURCE_ATTRIBUTES");
  const ignored = [...place.ignored, ...headers.ignored, ...attributes.ignored];
  if (place.url === undefined && place.ignored.length === 0) return undefined;
  return {
    ...(place.url === undefined ? {} : { url: place.url }),
    headers: { ...raw.headers, ...headers.values },
    resource: {
      ...attributes.values,
      "service.name":
        said(env, "OTEL_SERVICE_NAME") ?? attributes.values["service.name"] ?? raw.serviceName ?? "mayfly",
    },
    ignored,
  };
}

function isOff(env: Env): boolean {
  const exporter = said(env, "OTEL_TRACES_EXPORTER")?.toLowerCase();
  return said(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true" || exporter === "none";
}

/** An empty variable counts as absent. */
function said(env: Env, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}

function endpointOf(
  raw: RawTraces,
  env: Env,
): { readonly url?: string; readonly ignored: readonly string[] } {
  const own = said(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const shared = said(env, "OTEL_EXPORTER_OTLP_ENDPOINT");
  const ignored = [
    ...refused("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own),
    ...refused("OTEL_EXPORTER_OTLP_ENDPOINT", shared),
  ];
  // This one is a whole address, the others are the beginning of one.
  if (own !== undefined && isHttpUrl(own)) return { url: own, ignored };
  const base = shared !== undefined && isHttpUrl(shared) ? shared : (raw.endpoint ?? undefined);
  return { ...(base === undefined ? {} : { url: tracesBelow(base) }), ignored };
}

function tracesBelow(base: string): string {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/traces`;
  return url.href;
}

function refused(name: string, text: string | undefined): readonly string[] {
  if (text === undefined || isHttpUrl(text)) return [];
  return [`${name} is ${quote(text)}, which is no address over HTTP such as http://collector.example:4318`];
}

interface Pairs {
  readonly values: Readonly<Record<string, string>>;
  readonly ignored: readonly string[];
}

function headersOf(env: Env): Pairs {
  const shared = pairsOf(env, "OTEL_EXPORTER_OTLP_HEADERS", isHeader);
  const own = pairsOf(env, "OTEL_EXPORTER_OTLP_TRACES_HEADERS", isHeader);
  return { values: { ...shared.values, ...own.values }, ignored: [...shared.ignored, ...own.ignored] };
}

const isHeader = ([name, text]: readonly [string, string]) => isHeaderName(name) && isHeaderText(text);

/** What it holds may prove who one is, and is not told. */
function pairsOf(
  env: Env,
  name: string,
  isFit: (pair: readonly [string, string]) => boolean = () => true,
): Pairs {
  const values = parsePairs(env[name] ?? "");
  const isGood = values !== undefined && Object.entries(values).every(isFit);
  return isGood
    ? { values, ignored: [] }
    : { values: {}, ignored: [`${name} is no list such as key=value,other=value, percent-encoded`] };
}
