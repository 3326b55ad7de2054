import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { configSchema } from "../../src/config/json-schema.ts";
import { loadSettings } from "../../src/config/load.ts";
import { HOST_KEYS, TOP_KEYS } from "../../src/config/raw.ts";
import { NOTIFY_KEYS } from "../../src/config/raw-notify.ts";
import { RESERVATION_KEYS, SUBNET_KEYS } from "../../src/config/raw-subnet.ts";
import { SETTINGS } from "../../src/config/sources.ts";

const reference = fileURLToPath(new URL("../../docs/config.reference.yaml", import.meta.url));
const text = await readFile(reference, "utf8");

test("the reference configuration is one, and what stands in it is the default", async () => {
  const cwd = "/nowhere";
  const {
    configFile: _read,
    live,
    ...fixed
  } = await loadSettings({ flags: {}, env: {}, cwd, configFile: reference });
  const {
    configFile: _default,
    live: liveDefault,
    ...fixedDefault
  } = await loadSettings({ flags: {}, env: {}, cwd });
  expect(fixed).toEqual(fixedDefault);
  expect({ ...live, hosts: [], subnets: [], reservations: [], notify: [] }).toEqual(liveDefault);
  expect(live.hosts.map((host) => host.name)).toEqual(["beta", "gamma"]);
});

test("the reference configuration has every key, and names every flag and variable", () => {
  for (const key of TOP_KEYS) expect(text).toMatch(new RegExp(`^${key}:`, "m"));
  for (const key of HOST_KEYS) expect(text).toMatch(new RegExp(`^    ${key}:`, "m"));
  for (const key of NOTIFY_KEYS) expect(text).toMatch(new RegExp(`^    ${key}:`, "m"));
  for (const key of SUBNET_KEYS) expect(text).toMatch(new RegExp(`^(  -|   ) ${key}:`, "m"));
  for (const key of RESERVATION_KEYS) expect(text).toMatch(new RegExp(`^(      -|       ) ${key}:`, "m"));
  for (const { flag, variable } of SETTINGS) {
    expect(text).toMatch(new RegExp(`${flag}\\b`));
    expect(text).toMatch(new RegExp(`${variable}\\b`));
  }
});

test("docs/mayfly.schema.json is the one that 'node scripts/config-schema.ts' writes", async () => {
  const written = await readFile(new URL("../../docs/mayfly.schema.json", import.meta.url), "utf8");
  expect(written).toBe(`${JSON.stringify(configSchema(), undefined, 2)}\n`);
});
