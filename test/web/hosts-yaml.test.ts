import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportApproved } from "../../src/boot/machine/approval.ts";
import { loadSettings } from "../../src/config/load.ts";
import { HOST_KEYS } from "../../src/config/raw.ts";
import { formatHosts } from "../../src/web/hosts-yaml.ts";
import { tempFolder } from "../support/temp-folder.ts";

const MAC = "00:1b:21:12:34:56";

/** A host with every key that there is. */
const BETA = `
  beta:
    macs: ["52:54:00:00:00:01"]
    uuids: [4c4c4544-0046-3310-8053-b3c04f4d5132]
    serials: ["0017", "a: b # c"]
    image: /results/beta
    kernelParams: "console=ttyS0,115200 m.x='a: b' # no comment"
    onFailure: shell
    maxMegabytesPerSecond: 12.5
    bootProgram: native-driver
    address: 10.0.0.9
    clientIds: ["01525400000001"]
    options: { 42: 10.0.0.1 }
`;

async function hostsOf(yaml: string) {
  const folder = tempFolder();
  const configFile = join(folder, "mayfly.yaml");
  writeFileSync(configFile, `subnets: [{ subnet: 10.0.0.0/24 }]\n${yaml}`);
  return (await loadSettings({ flags: {}, env: {}, cwd: folder, configFile })).live.hosts;
}

test("what is printed is read back as the hosts with their approvals, every key of them", async () => {
  for (const key of HOST_KEYS) expect(BETA).toContain(`    ${key}: `);
  const hosts = await hostsOf(`hosts:${BETA}`);
  const approved = [
    { mac: MAC, host: "beta" },
    { mac: "00:1b:21:12:34:57", host: "gamma" },
  ];
  const exported = exportApproved(hosts, approved);
  const printed = await formatHosts(exported);
  expect(await hostsOf(printed)).toEqual(exported.map(({ entry }) => entry));
  expect(printed).toMatch(/# Takes the place of the entry of this name\.\n {2}beta:/);
  expect(printed.match(/Takes the place/g)).toHaveLength(1);
});

test("with nothing approved a comment is printed, which changes no configuration", async () => {
  expect(await hostsOf(await formatHosts([]))).toEqual([]);
});
