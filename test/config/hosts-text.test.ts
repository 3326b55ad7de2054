import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hostTable } from "../../src/boot/hosts.ts";
import { approvedMacs } from "../../src/boot/machine/approval.ts";
import { formatApproved } from "../../src/config/hosts-text.ts";
import { loadSettings, readRawHosts } from "../../src/config/load.ts";
import { tempFolder } from "../support/temp-folder.ts";

const MAC = "00:1b:21:12:34:56";
const OTHER = "00:1b:21:12:34:57";

const HOSTS = `hosts:
  beta:
    macs: ["52-54-00-00-00-01"]
    serials: ["0017", "a: b # c"]
    image: results/beta # relative
    kernelParams: "console=ttyS0,115200 m.x='a: b' # no comment"
    onFailure: shell
    address: 10.0.0.5
    maxMegabytesPerSecond: 12.5
  bare:
  delta: { macs: ["52:54:00:00:00:02"] }
`;
/** Without which no host may have an address. */
const SUBNETS = "subnets: [{ subnet: 10.0.0.0/24 }]\n";

/** A configuration file in a folder of its own. */
function write(yaml: string): string {
  const configFile = join(tempFolder(), "mayfly.yaml");
  writeFileSync(configFile, yaml);
  return configFile;
}

async function hostsOf(configFile: string) {
  return (await loadSettings({ flags: {}, env: {}, cwd: "/", configFile })).live.hosts;
}

const approved = [
  { mac: MAC, host: "beta" },
  { mac: OTHER, host: "gamma" },
  { mac: "00:1b:21:12:34:58", host: "bare" },
];

test("a host that stands in the configuration is printed whole, in the operator's own spelling", async () => {
  const configFile = write(HOSTS + SUBNETS);
  const text = await formatApproved(
    approvedMacs(await hostsOf(configFile), approved),
    await readRawHosts(configFile),
  );
  const printed = await readRawHosts(write(text + SUBNETS));
  const raw = await readRawHosts(configFile);
  expect(printed).toEqual({
    beta: { ...raw.beta, macs: ["52-54-00-00-00-01", MAC] },
    bare: { macs: ["00:1b:21:12:34:58"] },
    gamma: { macs: [OTHER] },
  });
  expect(text.match(/# In place of the entry of this name\.\n {2}(beta|bare):/g)).toHaveLength(2);
});

test("in the configuration it makes the same hosts without any approval", async () => {
  const configFile = write(HOSTS + SUBNETS);
  const hosts = await hostsOf(configFile);
  const text = await formatApproved(approvedMacs(hosts, approved), await readRawHosts(configFile));
  const printed = await readRawHosts(write(text + SUBNETS));
  // As if pasted, so that the folder that paths start from is the same.
  const pasted = { ...(await readRawHosts(configFile)), ...printed };
  writeFileSync(configFile, `hosts: ${JSON.stringify(pasted)}\n${SUBNETS}`);
  const rest = { kernelParams: "", onFailure: "next" } as const;
  const table = (more: object) => hostTable({ ...rest, hosts, ...more }, []).hosts.toSorted(byName);
  expect(table({ hosts: await hostsOf(configFile) })).toEqual(table({ approved }));
});

test("with nothing approved a comment is printed, which changes no configuration", async () => {
  expect(await hostsOf(write(await formatApproved([], {})))).toEqual([]);
});

test("a configuration that has a mistake just now is told, not printed", async () => {
  await expect(readRawHosts(write("hosts: { beta: { mac: 7 } }"))).rejects.toThrow("hosts.beta.mac");
});

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name.localeCompare(b.name);
}
