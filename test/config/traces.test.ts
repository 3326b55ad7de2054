/** Where traces are sent: the configuration's key, and the variables that OpenTelemetry has for it. */

import { expect, test } from "vitest";
import { loadSettings } from "../../src/config/load.ts";
import { traceSettings } from "../../src/config/traces.ts";

const KEY = { endpoint: "http://collector:4318", headers: { authorization: "Bearer key" } };

test("without a word of it there are no traces", async () => {
  expect(traceSettings({}, {})).toBeUndefined();
  expect(traceSettings({ serviceName: "x" }, { OTEL_SERVICE_NAME: "y" })).toBeUndefined();
  expect(await loadSettings({ flags: {}, env: {}, cwd: "/nowhere" })).not.toHaveProperty("traces");
});

test("the key will do", () => {
  expect(traceSettings(KEY, {})).toEqual({
    url: "http://collector:4318/v1/traces",
    headers: { authorization: "Bearer key" },
    resource: { "service.name": "mayfly" },
    ignored: [],
  });
});

test("so will the variable, which wins", async () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://other.example/otlp/",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20variable,x-team=net",
    OTEL_SERVICE_NAME: "boot",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=lab,service.name=ignored",
  };
  const expected = {
    url: "https://other.example/otlp/v1/traces",
    headers: { authorization: "Bearer variable", "x-team": "net" },
    resource: { "deployment.environment.name": "lab", "service.name": "boot" },
    ignored: [],
  };
  expect(traceSettings(KEY, env)).toEqual(expected);
  expect((await loadSettings({ flags: {}, env, cwd: "/nowhere" })).traces).toEqual(expected);
});

test("what is for traces alone wins over what is for all, and its address is taken as it is", () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://all:4318",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://traces:9000/in",
    OTEL_EXPORTER_OTLP_HEADERS: "a=1,b=1",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "b=2",
  };
  expect(traceSettings({}, env)).toMatchObject({ url: "http://traces:9000/in", headers: { a: "1", b: "2" } });
});

test.each([{ OTEL_SDK_DISABLED: "true" }, { OTEL_TRACES_EXPORTER: "none" }])(
  "%j switches them off",
  (env) => {
    expect(traceSettings(KEY, env)).toBeUndefined();
  },
);

test("an empty variable counts as absent", () => {
  expect(traceSettings(KEY, { OTEL_EXPORTER_OTLP_ENDPOINT: " ", OTEL_SDK_DISABLED: "" })?.url).toBe(
    "http://collector:4318/v1/traces",
  );
});

test("a variable that cannot be used is left out and told, without what may be a secret", () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317", OTEL_EXPORTER_OTLP_HEADERS: "hunter2" };
  const settings = traceSettings({}, env);
  expect(settings).toMatchObject({ headers: {} });
  expect(settings).not.toHaveProperty("url");
  expect(settings?.ignored).toEqual([
    "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4317', which is no address over HTTP such as http://collector.example:4318",
    "OTEL_EXPORTER_OTLP_HEADERS is no list such as key=value,other=value, percent-encoded",
  ]);
  expect(traceSettings(KEY, env)?.url).toBe("http://collector:4318/v1/traces");
});

test.each(["x=a%0d%0ab", "a b=1", "x=%C3%A9"])("%s is no header", (text) => {
  expect(traceSettings(KEY, { OTEL_EXPORTER_OTLP_HEADERS: text })).toMatchObject({
    headers: KEY.headers,
    ignored: [expect.stringContaining("OTEL_EXPORTER_OTLP_HEADERS")],
  });
});
