/** The configurations in examples/, read as `serve` would read them. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ownAddressMistakes } from "../../src/config/check-own.ts";
import { loadSettings } from "../../src/config/load.ts";

const FOLDER = fileURLToPath(new URL("../../examples", import.meta.url));
const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));

test.each(EXAMPLES)(
  "examples/%s has no mistake, on a server at the first address of its subnets",
  async (name) => {
    const settings = await loadSettings({
      flags: {},
      env: {},
      cwd: "/nowhere",
      configFile: `${FOLDER}/${name}`,
    });
    const own = settings.live.subnets.map(({ network }) => network.replace(/\d+$/, "2"));
    expect(ownAddressMistakes(settings, own, name)).toEqual([]);
  },
);

test("there are some", () => {
  expect(EXAMPLES).toContain("addresses.yaml");
});
