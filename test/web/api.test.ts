import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/config-text.ts";
import { type AdminRig, type SendOptions, startAdminRig } from "../support/admin-rig.ts";
import { homestakeros } from "../support/image-folders.ts";

const MAC = "00:1b:21:12:34:56";
const APPROVE = `/api/v1/machines/${MAC}/approve`;

let rig: AdminRig;

beforeEach(async () => {
  rig = await startAdminRig();
});
afterEach(() => rig.stop());

async function ask(method: string, path: string, body?: unknown) {
  const options: SendOptions =
    body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const { status, text, headers } = await rig.send(method, path, options);
  const type = String(headers["content-type"]);
  return { status, type, body: type.includes("json") ? JSON.parse(text) : text };
}

/** A folder link that makes an image, and the wait for it to be live. */
async function link(name: string): Promise<void> {
  const published = rig.log.wait("published", ({ image }) => image === name);
  rig.media.link(name, rig.media.store(homestakeros(`init=/${name}/init`)));
  await published;
}

describe("approving a machine", () => {
  test("a held machine boots the image of its host as soon as it is approved, and is held again after", async () => {
    await link("beta");
    expect(await rig.script(MAC)).toContain(`mayfly approve ${MAC} NAME`);
    expect(await ask("POST", APPROVE, { host: "beta" })).toMatchObject({
      status: 200,
      body: { mac: MAC, host: "beta", notes: [] },
    });
    expect(await rig.script(MAC, "&wait=3")).toMatch(/^kernel .*init=\/beta\/init/m);

    expect(await ask("DELETE", APPROVE)).toMatchObject({ status: 200, body: { mac: MAC, host: "beta" } });
    expect(await rig.script(MAC)).toContain(`mayfly approve ${MAC} NAME`);
    expect(rig.log.all.filter(({ type }) => type.endsWith("approved"))).toEqual([
      { type: "approved", mac: MAC, host: "beta" },
      { type: "unapproved", mac: MAC, host: "beta" },
    ]);
  });

  test("it counts after a restart, and so does taking it back", async () => {
    await link("beta");
    await ask("POST", APPROVE, { host: "beta" });
    await rig.restart();
    expect(await rig.script(MAC)).toMatch(/^kernel /m);
    await ask("DELETE", APPROVE);
    await rig.restart();
    expect(await rig.script(MAC)).toContain("waits here");
  });

  test("a machine that is approved anew leaves its host before, and any spelling of its address will do", async () => {
    await ask("POST", APPROVE, { host: "beta" });
    const again = await ask("POST", "/api/v1/machines/001B21123456/approve", { host: "gamma" });
    expect(again.body).toMatchObject({ mac: MAC, host: "gamma", before: "beta" });
    const { body } = await ask("GET", "/api/v1/hosts");
    expect(body.hosts).toMatchObject([{ name: "gamma", macs: [MAC], approved: [MAC] }]);
  });

  test("an entry of the machine's own is in the way, which is said with its cure", async () => {
    await link("00-1b-21-12-34-56");
    expect(await ask("POST", APPROVE, { host: "beta" })).toMatchObject({
      status: 409,
      type: "application/problem+json; charset=utf-8",
      body: {
        status: 409,
        code: "refused",
        detail: `the machine ${MAC} has an image of its own already (hosts/00-1b-21-12-34-56)`,
        cure: expect.stringContaining("remove hosts/00-1b-21-12-34-56"),
      },
    });
  });

  test("what cannot be kept is not approved", async () => {
    await rig.stop();
    rig = await startAdminRig({ state: "/dev/null/state" });
    const { status, body } = await ask("POST", APPROVE, { host: "beta" });
    expect([status, body.code]).toEqual([500, "failed"]);
    expect(body.detail).toContain("/dev/null/state");
    expect(await rig.script(MAC)).toContain("waits here");
  });
});

describe("what is listed", () => {
  test("machines say what is known of them, and which host they are", async () => {
    await rig.script(MAC, "&platform=efi&nic=i350&serial=S1&manufacturer=Supermicro&product=X11");
    await rig.script("52-54-00-00-00-01");
    await ask("POST", APPROVE, { host: "beta" });
    const all = (await ask("GET", "/api/v1/machines")).body;
    expect(all.total).toBe(2);
    expect(all.machines[1]).toMatchObject({
      mac: MAC,
      host: "beta",
      approved: "beta",
      visits: 1,
      vendor: "Intel Corporate",
      manufacturer: "Supermicro",
      product: "X11",
      serial: "S1",
      nic: "i350",
      platform: "efi",
      address: "127.0.0.1",
      told: { type: "stranger", reason: "hold", text: "to wait" },
    });
    const unknown = (await ask("GET", "/api/v1/machines?known=false")).body;
    expect(unknown.machines.map(({ mac }: { mac: string }) => mac)).toEqual(["52:54:00:00:00:01"]);
    expect((await ask("GET", "/api/v1/machines?known=true")).body.total).toBe(1);
    expect((await ask("GET", `/api/v1/machines/${MAC}`)).body).toEqual(all.machines[1]);
  });

  test("pages", async () => {
    for (const number of [1, 2, 3]) await rig.script(`52-54-00-00-00-0${number}`);
    const seen: string[] = [];
    let next = "/api/v1/machines?limit=1&known=false";
    while (next !== "") {
      const { headers, text } = await rig.send("GET", next);
      const body = JSON.parse(text);
      expect([body.total, body.machines.length]).toEqual([3, 1]);
      seen.push(body.machines[0].mac);
      next = /^<(.*)>; rel="next"$/.exec(String(headers.link))?.[1] ?? "";
      expect(next === "").toBe(body.next === undefined);
    }
    const all = (await ask("GET", "/api/v1/machines")).body.machines.map(({ mac }: { mac: string }) => mac);
    expect(seen).toEqual(all);
    expect(new Set(seen).size).toBe(3);
  });

  test("hosts say what they get, and when they were last seen", async () => {
    await link("beta");
    await ask("POST", APPROVE, { host: "beta" });
    await rig.script(MAC);
    expect((await ask("GET", "/api/v1/hosts")).body.hosts).toMatchObject([
      {
        name: "beta",
        isDefault: false,
        image: "beta",
        generation: { id: expect.stringContaining("kexec-tree") },
        lastSeen: expect.stringMatching(/^\d{4}-/),
        told: { type: "script", host: "beta", text: "to boot beta" },
      },
    ]);
  });

  test("a machine that is forgotten is neither seen nor approved any more", async () => {
    await rig.script(MAC);
    await ask("POST", APPROVE, { host: "beta" });
    expect(await ask("DELETE", `/api/v1/machines/${MAC}`)).toMatchObject({
      status: 200,
      body: { host: "beta" },
    });
    expect((await ask("GET", "/api/v1/machines")).body.total).toBe(0);
    expect((await ask("DELETE", `/api/v1/machines/${MAC}`)).status).toBe(404);
    expect((await ask("GET", `/api/v1/machines/${MAC}`)).status).toBe(404);
  });

  test("approvals as configuration, which the configuration's own reader understands", async () => {
    expect((await ask("GET", "/api/v1/hosts/export")).body).toMatch(/^# /);
    await ask("POST", APPROVE, { host: "beta" });
    const { type, body } = await ask("GET", "/api/v1/hosts/export");
    expect(type).toMatch(/^application\/yaml/);
    expect(parseConfig(body, "export")).toEqual({
      config: { hosts: { beta: { macs: [MAC] } } },
      mistakes: [],
    });
  });
});

test("health is asked without more words", async () => {
  expect(await ask("GET", "/healthz")).toMatchObject({ status: 200, body: "ok\n" });
});

test("nobody is told that express is there, and nothing may be kept", async () => {
  const { headers } = await rig.send("GET", "/healthz");
  expect(headers).not.toHaveProperty("x-powered-by");
  expect(headers["cache-control"]).toBe("no-store");
});
