import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportHosts, listHosts } from "../../src/commands/hosts.ts";
import { approve, forget, listMachines, unapprove } from "../../src/commands/machines.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";
import { homestakeros } from "../support/image-folders.ts";

const MAC = "00:1b:21:12:34:56";

let rig: AdminRig;

beforeAll(async () => {
  rig = await startAdminRig();
});
afterAll(() => rig.stop());

const unknown = { json: false, all: false };

test("from nobody to a host and back, as a person sees it", async () => {
  expect(await listMachines(rig.request, unknown)).toEqual(["No machine has asked that no host names."]);
  expect(await listHosts(rig.request, { json: false })).toEqual(["No host has a name or an image yet."]);

  await rig.script(MAC, "&serial=S1&product=X11&arch=x86_64");
  expect(await listMachines(rig.request, unknown)).toEqual([
    expect.stringMatching(/^MAC +LAST SEEN +CAME +WAS TOLD +ARCH +VENDOR +MACHINE +SERIAL +ADDRESS$/),
    expect.stringMatching(
      /^00:1b:21:12:34:56 {2}(just now|\d+ seconds? ago) +1× +to wait +x86 +Intel Corporate +X11 +S1 +127\.0\.0\.1$/,
    ),
    "",
    "'mayfly approve MAC NAME' says which host one of them is.",
  ]);

  const published = rig.log.wait("published");
  const system = `/nix/store/${"a".repeat(32)}-nixos-system-beta-26.05.20260101.abcdef`;
  rig.media.link("beta", rig.media.store(homestakeros(`init=${system}/init`)));
  await published;
  expect(await approve(rig.request, "001B.2112.3456", "beta")).toEqual([`${MAC} is beta from now on.`]);
  expect(await listMachines(rig.request, unknown)).toEqual(["No machine has asked that no host names."]);
  expect(await listHosts(rig.request, { json: false })).toEqual([
    expect.stringMatching(/^HOST +STATE +LAST SEEN +WAS TOLD +MAC +NIXOS +GENERATION/),
    expect.stringMatching(
      /^beta +ready +.* to wait +00:1b:21:12:34:56 \(approved\) +26\.05\.20260101\.abcdef +\S+-kexec-tree/,
    ),
  ]);
  const narrow = await listHosts(rig.request, { json: false, width: 60 });
  expect(narrow).toEqual([
    expect.stringMatching(/^HOST +STATE .*GENERATION/),
    expect.stringMatching(/^beta +ready +.*[a-z0-9]{12}/),
  ]);
  for (const line of narrow) expect(line.length).toBeLessThanOrEqual(60);
  const [json = ""] = await listHosts(rig.request, { json: true });
  expect(JSON.parse(json).hosts[0].generation).toMatchObject({ nixos: "26.05.20260101.abcdef" });
  expect(await exportHosts(rig.request)).toContain(`  beta:\n    macs:\n      - ${MAC}\n`);

  expect(await approve(rig.request, MAC, "gamma")).toEqual([
    `${MAC} is gamma from now on (it was beta).`,
    "gamma has no image yet: it boots as soon as one is linked to boot-media/hosts/gamma.",
  ]);
  expect(await unapprove(rig.request, MAC)).toEqual([`${MAC} is no longer approved as gamma.`]);
  expect(await forget(rig.request, MAC)).toEqual([`${MAC} is forgotten until it asks again.`]);
  expect(await listMachines(rig.request, { json: false, all: true })).toEqual(["No machine has asked yet."]);
});

test("as JSON, with everything that is known", async () => {
  await rig.script(MAC, "&serial=S1");
  const [machines = ""] = await listMachines(rig.request, { json: true, all: false });
  expect(JSON.parse(machines)).toMatchObject({ total: 1, machines: [{ mac: MAC, serial: "S1", visits: 1 }] });
  const [hosts = ""] = await listHosts(rig.request, { json: true });
  expect(JSON.parse(hosts)).toEqual({ hosts: [] });
  const [approved = ""] = await approve(rig.request, MAC, "beta", true);
  expect(JSON.parse(approved)).toMatchObject({ mac: MAC, host: "beta" });
  const [unapproved = ""] = await unapprove(rig.request, MAC, true);
  expect(JSON.parse(unapproved)).toMatchObject({ mac: MAC, host: "beta" });
  const [forgotten = ""] = await forget(rig.request, MAC, true);
  expect(JSON.parse(forgotten)).toMatchObject({ mac: MAC });
});

test("more machines than the server hands out at once are all listed", async () => {
  for (let number = 0; number < 1005; number++) {
    const mac = `52:54:00:aa:${[number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
    const client = { mac, stage: "ipxe" } as const;
    const decision = { type: "stranger", policy: "hold" } as const;
    rig.app.world.record({ type: "script", peer: { address: "10.0.0.7", port: 1 }, client, decision });
  }
  const [text = ""] = await listMachines(rig.request, { json: true, all: false });
  expect(JSON.parse(text).machines.length).toBeGreaterThanOrEqual(1005);
});

test("a slip of the fingers is told before any server is asked", async () => {
  await expect(approve(rig.request, "00:1b:21", "beta")).rejects.toThrow(
    "MAC: read '00:1b:21', want a MAC address of one machine such as 52:54:00:12:34:56",
  );
  await expect(approve(rig.request, MAC, "my host")).rejects.toThrow(
    "HOST: read 'my host', want a host's name",
  );
});

test("what the server refuses is told with its cure", async () => {
  await expect(unapprove(rig.request, "00:1b:21:00:00:99")).rejects.toThrow(
    "00:1b:21:00:00:99 is not approved",
  );
});

/** A port of the loopback where something listens that is no Mayfly; without an answer it is closed at once. */
async function otherServer(answer?: string): Promise<{ port: number; close: () => void }> {
  const server = createServer((_request, response) => response.end(answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

test("where no server answers it is said what was tried, and what to do", async () => {
  const { port, close } = await otherServer();
  close();
  const flags = { admin: `127.0.0.1:${port}` };
  await expect(listHosts({ ...rig.request, flags }, { json: false })).rejects.toThrow(
    `no server answers at http://127.0.0.1:${port} (ECONNREFUSED); start it with 'mayfly serve', or say where it is with --admin`,
  );
});

test("another program's server is not taken for ours", async () => {
  const { port, close } = await otherServer('{"hosts":7}');
  try {
    const flags = { admin: `127.0.0.1:${port}` };
    await expect(listHosts({ ...rig.request, flags }, { json: false })).rejects.toThrow(
      `what answers at http://127.0.0.1:${port} is no Mayfly of this version`,
    );
  } finally {
    close();
  }
});
