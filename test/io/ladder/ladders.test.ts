import { describe, expect, test } from "vitest";
import type { BootProgram } from "../../../src/boot/program/program.ts";
import { apply, type Snapshot } from "../../../src/boot/snapshot.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";
import { addressOf, createFirmwareLan, type FirmwareLan } from "../../support/firmware-lan.ts";
import { biosRom, edk2, uBoot } from "../../support/firmware-models.ts";
import { request } from "../../support/packets.ts";
import { BETA, DEFAULT_HOST, worldForEveryone } from "../../support/worlds.ts";

const MAC = "52:54:00:12:34:56";
const ADDRESS = addressOf(request({ mac: MAC }));

const program = (name: string, driver: "firmware" | "native"): BootProgram => ({
  ...{ name, kind: "efi-x64", path: `/${name}`, sizeBytes: 1, driver },
});
const FIRMWARE = program("ipxe-x64.efi", "firmware");
const NATIVE = program("ipxe-x64-native.efi", "native");

function worldWith(change: Parameters<typeof apply>[1] = []): Snapshot {
  return apply(worldForEveryone(), [{ type: "programs", programs: [FIRMWARE, NATIVE] }, ...change]);
}

function runsIpxe(lan: FirmwareLan, mac = MAC, address = ADDRESS): void {
  const client = { mac, stage: "ipxe", pci: "10ec:8168" } as const;
  const decision = { type: "silent", reason: "unknown-host" } as const;
  lan.world.record({ type: "script", peer: { address, port: 4000 }, client, decision });
}

/** Each program that was fetched whole, in its order. */
function fetched(lan: FirmwareLan): string[] {
  return lan.log.of("transfer-ended").flatMap(({ result, path }) => (result === "complete" ? [path] : []));
}

describe("a machine on which the boot program dies (I12)", () => {
  test("gets the other one at its third boot, keeps it over a restart, and is told of once", async () => {
    const lan = await createFirmwareLan({ snapshot: worldWith() });
    for (let count = 0; count < 4; count += 1) {
      expect(edk2()(lan, MAC)).toBe("fetched");
      if (fetched(lan).at(-1) === NATIVE.name) runsIpxe(lan);
    }
    expect(fetched(lan)).toEqual([FIRMWARE.name, FIRMWARE.name, NATIVE.name, NATIVE.name]);
    expect(lan.log.of("notice").map(({ text }) => text)).toEqual([
      "52:54:00:12:34:56 fetched ipxe-x64.efi 2 times and was not heard of again until its firmware started over: it is given ipxe-x64-native.efi next",
    ]);
    const restarted = await createFirmwareLan({ snapshot: worldWith(), store: lan.store });
    edk2()(restarted, MAC);
    expect(fetched(restarted)).toEqual([NATIVE.name]);
  });

  test("keeps what its host wishes, which is said once with the way out", async () => {
    const host = { ...BETA, macs: [MAC], bootProgram: "firmware-driver" };
    const snapshot = worldWith([{ type: "hosts", hosts: [host] }]);
    const lan = await createFirmwareLan({ snapshot });
    for (let count = 0; count < 5; count += 1) edk2()(lan, MAC);
    expect(new Set(fetched(lan))).toEqual(new Set([FIRMWARE.name]));
    expect(lan.log.of("notice")).toEqual([
      expect.objectContaining({
        level: "warn",
        text: "52:54:00:12:34:56 fetched ipxe-x64.efi 2 times and was not heard of again until its firmware started over; the configuration wants this program, so no other one is tried",
        cure: expect.stringContaining("native-driver"),
      }),
    ]);
  });

  test("has run when its script was asked for, be it from an address that two machines share", async () => {
    const lan = await createFirmwareLan({ snapshot: worldWith() });
    for (let count = 0; count < 6; count += 1) {
      edk2()(lan, MAC);
      runsIpxe(lan, MAC, "10.77.0.254");
      runsIpxe(lan, "52:54:00:99:99:99", "10.77.0.254");
    }
    expect(new Set(fetched(lan))).toEqual(new Set([FIRMWARE.name]));
  });
});

test("the card that iPXE tells of is known at the next boot, and after a restart", async () => {
  const nics = {
    type: "nics",
    rules: [{ match: { type: "pci", id: "10ec" }, program: "native-driver" }],
  } as const;
  const lan = await createFirmwareLan({ snapshot: worldWith([nics]) });
  edk2()(lan, MAC);
  runsIpxe(lan);
  edk2()(lan, MAC);
  expect(fetched(lan)).toEqual([FIRMWARE.name, NATIVE.name]);
  const restarted = await createFirmwareLan({ snapshot: worldWith([nics]), store: lan.store });
  edk2()(restarted, MAC);
  expect(fetched(restarted)).toEqual([NATIVE.name]);
});

test("a script's request makes no memory of a machine that was never told to fetch anything", async () => {
  const lan = await createFirmwareLan();
  for (let count = 0; count < 50; count += 1) runsIpxe(lan, `52:54:00:00:01:${String(10 + count)}`);
  expect(await lan.store.load("ladder")).toEqual(new Map());
});

test("a store that fails is told of, and nothing else stops", async () => {
  const store = { ...createMemoryStore(), put: () => Promise.reject(new Error("disk full")) };
  const lan = await createFirmwareLan({ store });
  expect(uBoot(lan, MAC)).toBe("fetched");
  expect((await lan.log.wait("notice")).text).toBe(
    `what was learnt of ${MAC} lasts until the server stops: disk full`,
  );
  expect(uBoot(lan, MAC)).toBe("fetched");
});

describe("files that nobody can be named for", () => {
  const takesMenu = biosRom({ takes: "menu", takesAddressFirst: true });

  test("keep a machine from being taken for one that ignored its offer", async () => {
    const lan = await createFirmwareLan();
    for (let count = 0; count < 6; count += 1) {
      takesMenu(lan, MAC);
      lan.fetch("10.77.0.2", "undionly.kpxe", "192.0.2.7");
    }
    expect(lan.log.of("dhcp").every(({ variant }) => variant === undefined)).toBe(true);
  });

  test("do so only while they are fetched", async () => {
    const lan = await createFirmwareLan();
    lan.fetch("10.77.0.2", "undionly.kpxe", "192.0.2.7");
    for (let count = 0; count < 3; count += 1) takesMenu(lan, MAC);
    expect(lan.log.of("dhcp").at(-1)?.variant).toBe("menu");
  });
});

describe("an event with an address", () => {
  test("names the machine that took it by DHCP, and its host where the MAC address tells", async () => {
    const hosts = { type: "hosts", hosts: [BETA, DEFAULT_HOST], defaultHost: "default" } as const;
    const lan = await createFirmwareLan({ snapshot: apply(worldForEveryone(), [hosts]) });
    edk2()(lan, MAC);
    edk2()(lan, "52:54:00:00:00:02");
    const named = lan.log.of("transfer-started").map(({ mac, host }) => [mac, host]);
    expect(named[0]).toEqual([MAC, "beta"]);
    expect(named.at(-1)).toEqual(["52:54:00:00:00:02", undefined]);
  });

  test("names nobody behind an address from which two machines asked for their scripts", async () => {
    const lan = await createFirmwareLan();
    runsIpxe(lan, MAC, "10.77.0.254");
    lan.fetch("10.77.0.2", "undionly.kpxe", "10.77.0.254");
    runsIpxe(lan, "52:54:00:99:99:99", "10.77.0.254");
    lan.fetch("10.77.0.2", "undionly.kpxe", "10.77.0.254");
    const macs = lan.log.of("transfer-started").map(({ mac }) => mac);
    expect([macs[0], macs.at(-1)]).toEqual([MAC, undefined]);
  });
});

test("an image that HTTP Boot starts proves nothing about the offer for PXE that failed before it", async () => {
  const [current] = worldForEveryone().generations.values();
  if (current === undefined) throw new Error("this test's world has no image");
  const files = new Map([...current.files, ["boot.efi", 1000] as const]);
  const generation = { ...current, files, bootFile: { type: "uki", file: "boot.efi", bios: false } } as const;
  const image = { type: "published", image: DEFAULT_HOST.image, generation } as const;
  const lan = await createFirmwareLan({ snapshot: worldWith([image]) });
  expect(edk2({ wantsOption43: true, dropsFirstPxe10: true })(lan, MAC)).toBe("no offer");
  lan.discover(request({ mac: MAC, vendorClass: "HTTPClient:Arch:00016:UNDI:003000", archs: [16] }));
  lan.world.record({
    ...{
      type: "transfer-started",
      via: "http",
      peer: { address: ADDRESS, port: 2070 },
      sizeBytes: 1,
      mac: MAC,
    },
    path: `media/${current.id}/boot.efi`,
  });
  expect(await lan.store.load("ladder")).toEqual(new Map([[MAC, { offers: { "http-boot": ["url"] } }]]));
});
