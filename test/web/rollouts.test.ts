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

const steer = (path: string, headers: Readonly<Record<string, string>> = {}, body = "{}") =>
  rig.send("POST", `/api/v1/rollouts/${path}`, {
    headers: { "Content-Type": "application/json", ...headers },
    body,
  });
const tagOf = async (name: string) =>
  String((await rig.send("GET", `/api/v1/rollouts/${name}`)).headers.etag);

test("each change of a rollout is refused when it is not as it was seen", async () => {
  await publish("old");
  const tag = await tagOf("nodes");
  expect((await steer("beta/pin", { "If-Match": '"nonsense"' })).status).toBe(412);
  expect((await steer("beta/pin", { "If-Match": await tagOf("beta") })).status).toBe(200);
  // Of the group one host was changed.
  for (const verb of ["rollback", "pin", "unpin", "hold", "release", "promote"]) {
    const late = await steer(`nodes/${verb}`, { "If-Match": tag });
    expect([verb, late.status, JSON.parse(late.text).code]).toEqual([verb, 412, "changed"]);
  }
  const wanted = '{"generation":1}';
  expect((await steer("alpha/once", { "If-Match": '"x"' }, wanted)).status).toBe(412);
  const alpha = await tagOf("alpha");
  const once = await steer("alpha/once", { "If-Match": alpha }, wanted);
  expect(once.status).toBe(200);
  const back = (headers: Readonly<Record<string, string>>) =>
    rig.send("DELETE", "/api/v1/rollouts/alpha/once", { headers });
  expect((await back({ "If-Match": alpha })).status).toBe(412);
  expect((await back({ "If-Match": String(once.headers.etag) })).status).toBe(200);
  expect((await steer("nodes/hold", { "If-Match": await tagOf("nodes") })).status).toBe(200);
});

test("of several who saw the same rollout, one steers it, its group's too", async () => {
  await publish("old");
  const [alpha, nodes] = [await tagOf("alpha"), await tagOf("nodes")];
  const answers = await Promise.all([
    steer("alpha/hold", { "If-Match": alpha }),
    steer("alpha/pin", { "If-Match": alpha }),
    steer("nodes/pin", { "If-Match": nodes }),
    steer("nodes/unpin", { "If-Match": nodes }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 412, 412, 412]);
});

test("a machine that gets on with its boot makes no version out of date, and is shown all the same", async () => {
  await publish("old");
  await comeUp("52:54:00:00:00:01", "alpha");
  const waiting = rig.log.wait(
    "rollout",
    ({ change, hosts }) => change === "waiting" && hosts.includes("alpha"),
  );
  await publish("new");
  await waiting;
  const path = "/api/v1/rollouts/alpha";
  const tag = await tagOf("alpha");
  await rig.script("52:54:00:00:00:01");
  const again = await rig.send("GET", path, { headers: { "If-None-Match": tag } });
  expect([again.status, JSON.parse(again.text).rollouts[0].trials]).toMatchObject([
    200,
    [{ state: "given" }],
  ]);
  const same = await rig.send("GET", path, { headers: { "If-None-Match": String(again.headers.etag) } });
  expect(same.status).toBe(304);
  expect((await steer("alpha/promote", { "If-Match": tag })).status).toBe(200);
});

test("whose hold it is shows, and who would release the other's is told whose", async () => {
  await publish("old");
  const heldBy = async () => {
    const { text } = await rig.send("GET", "/api/v1/rollouts/nodes");
    return rollouts.parse(JSON.parse(text)).rollouts.map(({ held, heldBy: by }) => [held, by]);
  };
  expect((await steer("beta/hold")).status).toBe(200);
  expect(await heldBy()).toEqual([
    [false, []],
    [true, ["host"]],
  ]);
  const refused = await steer("nodes/release");
  expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
    409,
    { detail: "nodes is not held", cure: "one of its hosts is: 'mayfly release beta'" },
  ]);
  expect((await steer("nodes/hold")).status).toBe(200);
  expect(await heldBy()).toEqual([
    [true, ["group"]],
    [true, ["host", "group"]],
  ]);
});

test("a machine that is known by what it says of itself is steered by its MAC address", async () => {
  const uuid = "4c4c4544-0046-3310-8053-b3c04f4d5132";
  const config = { hosts: { uu: { uuids: [uuid] }, ss: { serials: ["S77"] } }, default: "rest" };
  const other = await startAdminRig({ unknown: "default" }, JSON.stringify(config));
  try {
    for (const name of ["uu", "ss", "rest"]) {
      const published = other.log.wait("published", ({ image }) => image === name);
      other.media.link(name, other.media.store(homestakeros(`init=/${name}/init`)));
      await published;
    }
    const machines = [
      ["uu", "52:54:00:00:00:77", `&uuid=${uuid}`],
      ["ss", "52:54:00:00:00:78", "&serial=S77"],
      ["rest", "52:54:00:00:00:79", ""],
    ] as const;
    for (const [name, mac, says] of machines) {
      await other.script(mac, says);
      const { text } = await other.send("GET", `/api/v1/machines/${mac}/rollout`);
      expect(JSON.parse(text).rollouts).toMatchObject([{ host: name }]);
      const once = await other.send("POST", `/api/v1/rollouts/${name}/once`, {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ generation: 1, mac }),
      });
      expect([name, once.status, JSON.parse(once.text).rollouts?.[0]?.once]).toMatchObject([
        name,
        200,
        [{ mac }],
      ]);
      const back = await other.send("DELETE", `/api/v1/rollouts/${name}/once?mac=${mac}`);
      expect(back.status).toBe(200);
    }
  } finally {
    await other.stop();
  }
});
