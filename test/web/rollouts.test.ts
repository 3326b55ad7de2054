import { afterEach, beforeEach, expect, test } from "vitest";
import { rollouts } from "../../src/web/schema/rollouts.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { checkedIn } from "../support/boot-events.ts";
import { homestakeros } from "../support/image-folders.ts";

const MACS = ["52:54:00:00:00:01", "52:54:00:00:00:02"];

let rig: AdminRig;
beforeEach(async () => {
  const nodes = { nodes: { rollout: { canary: 1 } } };
  const hosts = Object.fromEntries(
    ["alpha", "beta"].map((name, at) => [name, { group: "nodes", macs: [MACS[at]] }]),
  );
  rig = await startAdminRig({}, JSON.stringify({ groups: nodes, hosts }));
});
afterEach(() => rig.stop());

async function publish(init: string): Promise<void> {
  for (const name of ["alpha", "beta"]) {
    rig.log.clear();
    const published = rig.log.wait("published", ({ image }) => image === name);
    rig.media.link(name, rig.media.store(homestakeros(`init=/${init}/init`)));
    await published;
  }
}

/** A machine boots what it is given and says that it is up. */
async function comeUp(mac: string, host: string): Promise<void> {
  const generation = /\/media\/([^/]+)\//.exec(await rig.script(mac))?.[1] ?? "";
  const settled = rig.log.wait("rollout", ({ change }) => change === "settled");
  rig.app.world.record(checkedIn({ mac, host, generation, bootId: mac.replaceAll(":", "").padEnd(16, "0") }));
  await settled;
}

async function openHosts(): Promise<string[]> {
  const { text } = await rig.send("GET", "/api/v1/rollouts?open=true");
  return rollouts.parse(JSON.parse(text)).rollouts.map(({ host }) => host);
}

test("a new generation says what it waits for, and how many are to try it first", async () => {
  await publish("old");
  await comeUp("52:54:00:00:00:01", "alpha");
  expect(await openHosts()).toEqual([]);
  const waiting = ["alpha", "beta"].map((name) =>
    rig.log.wait("rollout", ({ change, hosts }) => change === "waiting" && hosts.includes(name)),
  );
  await publish("new");
  await Promise.all(waiting);
  const { text } = await rig.send("GET", "/api/v1/rollouts/nodes");
  const { rollouts: found } = rollouts.parse(JSON.parse(text));
  expect(found).toMatchObject([
    { host: "alpha", canaries: 1, waitsFor: "canary" },
    { host: "beta", canaries: 1, waitsFor: "canary" },
  ]);
  expect(found[0]?.candidate).toBeDefined();
  expect(await openHosts()).toEqual(["alpha", "beta"]);
});
