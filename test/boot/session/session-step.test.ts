import { describe, expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import { MAX_STEPS } from "../../../src/boot/session/live-session.ts";
import { resume } from "../../../src/boot/session/session-begin.ts";
import {
  BOOT_ID,
  CHAIN,
  checkedIn,
  dhcp,
  ended,
  INITRD,
  IPXE,
  KERNEL,
  OVMF_BOOT,
  overheard,
  PI_ROM,
  PROGRAM,
  SCRIPT,
  script,
  sessionTable,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";
import { BETA, BETA_MAC, GENERATION } from "../../support/worlds.ts";

const stages = (steps: readonly { readonly stage: string }[]) => steps.map(({ stage }) => stage);

const KEXEC = { mac: BETA_MAC, stage: "kexec", isa: "x86" } as const;

describe("an ordinary boot", () => {
  test("is one session, from its first DISCOVER to its check-in, with every stage once", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT);
    expect(table.session()).toMatchObject({
      outcome: "handed-over",
      generation: GENERATION.id,
      bootId: BOOT_ID,
    });
    table.take([4000, overheard()], [3000, overheard({ request: "REQUEST", address: "10.77.0.150" })]);
    table.take([20_000, checkedIn()]);

    const { steps, ...session } = table.session();
    expect(stages(steps)).toEqual([
      ...["firmware-dhcp", "proxy-dhcp", "size-probe", "boot-program", "autoexec"],
      ...["ipxe-dhcp", "script", "kernel", "initrd", "kernel-dhcp", "check-in"],
    ]);
    expect(session).toMatchObject({
      outcome: "checked-in",
      host: "beta",
      scripts: 1,
      address: "10.77.0.150",
    });
    expect(session.lastMs - session.startMs).toBe(
      OVMF_BOOT.reduce((sum, [afterMs]) => sum + afterMs, 0) + 27_000,
    );
  });

  test("has the time of each stage, and the bytes of those that fetch", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT);
    const [dhcpStep, , probe, program, , , , kernel, initrd] = table.session().steps;
    expect((dhcpStep?.endMs ?? 0) - (dhcpStep?.startMs ?? 0)).toBe(4000);
    expect(probe).toMatchObject({ result: "probed", sentBytes: 0, sizeBytes: 1_000_000 });
    expect(program).toMatchObject({ result: "complete", sentBytes: 1_000_000, path: "ipxe-x64.efi" });
    expect(kernel).toMatchObject({ result: "complete", sentBytes: 12_400_000, path: KERNEL });
    expect((initrd?.endMs ?? 0) - (initrd?.startMs ?? 0)).toBe(9000);
  });

  test("is told when it begins, when it moves and when it has an outcome, and not for each packet", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT);
    table.take([4000, overheard()], [9000, checkedIn()]);
    const changes = table.told.map(({ change, session }) => `${change} ${session.outcome}`);
    expect(changes[0]).toBe("began under-way");
    expect(changes.filter((each) => each.startsWith("ended"))).toEqual([
      "ended handed-over",
      "ended checked-in",
    ]);
    const before = table.told.length;
    table.take([
      5000,
      checkedIn({ checkIn: { atMs: 1, failedUnits: ["geth.service"], missingMounts: [], missingFiles: [] } }),
    ]);
    expect(table.told.slice(before).map(({ change }) => change)).toEqual(["moved"]);
    expect(stages(table.session().steps).filter((stage) => stage === "check-in")).toHaveLength(1);
  });
});

describe("whether it is the same boot", () => {
  test("a DISCOVER that firmware repeats while it waits is the same one", () => {
    const table = sessionTable();
    for (let i = 0; i < 20; i++) table.take([8000, dhcp(UEFI, CHAIN)]);
    expect(table.told.map(({ change }) => change)).toEqual(["began"]);
    expect(table.session().steps).toHaveLength(1);
  });

  test("firmware that asks after a long silence was switched on anew", () => {
    const table = sessionTable();
    table.take([0, dhcp(UEFI, CHAIN)], [200_000, dhcp(UEFI, CHAIN)]);
    expect(table.told.map(({ change, session }) => `${change} ${session.outcome}`)).toEqual([
      "began under-way",
      "ended failed",
      "began under-way",
    ]);
  });

  test("firmware that asks where iPXE ran begins another one, and the first has failed", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 15), [5000, dhcp(UEFI, CHAIN)]);
    const [first] = table.told.filter(({ change }) => change === "ended");
    expect(first?.session).toMatchObject({ outcome: "failed", generation: GENERATION.id });
    expect(table.session().id).not.toBe(first?.session.id);
  });

  test("a reboot after the hand-over begins another one, and the first stays handed over", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT, [300_000, dhcp(UEFI, CHAIN)]);
    expect(
      table.told.filter(({ change }) => change === "ended").map(({ session }) => session.outcome),
    ).toEqual(["handed-over"]);
    expect(stages(table.session().steps)).toEqual(["firmware-dhcp"]);
  });

  test("iPXE in the ROM that asks after the files began is a machine that was reset", () => {
    const table = sessionTable();
    const rom: readonly Timed[] = [
      [0, dhcp(IPXE, SCRIPT)],
      [1000, dhcp(IPXE, SCRIPT)],
      [100, script()],
      [50, started(KERNEL, 12_400_000)],
    ];
    table.take(...rom);
    const { id } = table.session();
    expect(stages(table.session().steps)).toEqual(["ipxe-dhcp", "script", "kernel"]);
    table.take([3000, dhcp(IPXE, SCRIPT)]);
    expect(table.session().id).not.toBe(id);
    const failed = table.told.find(({ change }) => change === "ended")?.session;
    expect(failed).toMatchObject({ id, outcome: "failed" });
    expect(failed?.steps.at(-1)).toMatchObject({ stage: "kernel", result: "aborted" });
  });

  test("a script that is asked for again after a failure is the same boot, with two scripts", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 14), [100, ended(KERNEL, 12_400_000, {}, "timed-out", 4000)]);
    table.take([5000, script(SCRIPT, { attempt: 2, bootId: "fedcba9876543210" })]);
    table.take([10, started(KERNEL, 12_400_000)], [500, ended(KERNEL, 12_400_000)]);
    expect(table.session()).toMatchObject({ outcome: "under-way", scripts: 2, bootId: "fedcba9876543210" });
    table.take([10, started(INITRD, 345_000_000)], [9000, ended(INITRD, 345_000_000)]);
    expect(table.session().outcome).toBe("handed-over");
    expect(stages(table.session().steps).filter((stage) => stage === "kernel")).toHaveLength(2);
    expect(table.told.filter(({ change }) => change === "began")).toHaveLength(1);
  });

  test("a script for the same machine after its boot is another one, where no DHCP of it is seen", () => {
    const table = sessionTable();
    const boot = OVMF_BOOT.slice(12);
    table.take(...boot, [90_000, script()]);
    expect(table.told.filter(({ change }) => change === "began")).toHaveLength(2);
  });

  test("a Linux that asks for its own replacement begins one that says so", () => {
    const table = sessionTable();
    table.take(
      ...OVMF_BOOT,
      [60_000, checkedIn()],
      [60_000, script(SCRIPT, { client: KEXEC, via: "kexec" })],
    );
    expect(table.session()).toMatchObject({ via: "kexec", outcome: "under-way" });
    expect(table.told.filter(({ change }) => change === "began")).toHaveLength(2);
  });

  test("a Linux that is refused a replacement runs on in its own session", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT, [60_000, checkedIn()]);
    const { id } = table.session();
    table.take([
      60_000,
      script({ type: "refused", host: BETA, reason: "no-generation" }, { client: KEXEC, via: "kexec" }),
    ]);
    expect(table.session()).toMatchObject({ id, outcome: "checked-in" });
  });

  test("a machine that iPXE's features send through another iPXE is one boot", () => {
    const table = sessionTable();
    const rom = { ...UEFI, stage: "rom", program: "bios-x86" } as const;
    table.take(
      [0, dhcp(rom, CHAIN)],
      [100, started("undionly.kpxe", 70_000)],
      [100, ended("undionly.kpxe", 70_000)],
    );
    table.take([3000, dhcp(IPXE, SCRIPT)], [1000, script()]);
    expect(table.told.filter(({ change }) => change === "began")).toHaveLength(1);
  });
});

describe("a Raspberry Pi", () => {
  const pi = (
    name: string,
    sizeBytes: number,
    piPart: "first" | "more" | "last" = "more",
  ): readonly Timed[] => [
    [5, started(`dc-a6-32-01-02-03/${name}`, sizeBytes, { piPart })],
    [50, ended(`dc-a6-32-01-02-03/${name}`, sizeBytes, { piPart })],
  ];

  test("has the files of its EEPROM together in one stage, and its UEFI in the same session", () => {
    const table = sessionTable();
    table.take([0, dhcp(PI_ROM, { type: "firmware", host: BETA, generation: GENERATION, boot: "uefi" })]);
    table.take(
      ...pi("start4.elf", 2_000_000, "first"),
      ...pi("fixup4.dat", 5000),
      ...pi("RPI_EFI.fd", 3_000_000, "last"),
    );
    table.take([8000, dhcp({ ...UEFI, program: "efi-arm64", isa: "arm64" }, CHAIN)]);
    expect(stages(table.session().steps)).toEqual(["firmware-dhcp", "pi-firmware", "firmware-dhcp"]);
    expect(table.session().steps[1]).toMatchObject({ files: 3, sizeBytes: 5_005_000, sentBytes: 5_005_000 });
    expect(table.told.filter(({ change }) => change === "began")).toHaveLength(1);
    table.take([30_000, dhcp(PI_ROM, { type: "firmware", host: BETA, boot: "uefi" })]);
    expect(table.told.filter(({ change }) => change === "began")).toHaveLength(2);
  });

  test("that boots a generation itself is handed over when it has kernel and initrd", () => {
    const table = sessionTable();
    const whose = { generation: GENERATION.id } as const;
    const file = (name: string, size: number, piPart: "more" | "last"): readonly Timed[] => {
      const path = `1234abcd/media/0c1m2n-kexec-tree/${name}`;
      const more = { ...whose, file: name, piPart };
      return [
        [5, started(path, size, more)],
        [50, ended(path, size, more)],
      ];
    };
    table.take([0, dhcp(PI_ROM, { type: "firmware", host: BETA, generation: GENERATION, boot: "native" })]);
    table.take(...pi("start4.elf", 2_000_000, "first"), ...file("initrd.zst", 345_000_000, "more"));
    expect(table.session().outcome).toBe("under-way");
    table.take(...file("bzImage", 12_400_000, "last"));
    expect(table.session()).toMatchObject({ outcome: "handed-over", generation: GENERATION.id });
    expect(stages(table.session().steps)).toEqual(["firmware-dhcp", "pi-firmware", "initrd", "kernel"]);
  });

  test("whose DHCP is another server's begins by its first file", () => {
    const table = sessionTable();
    table.take(...pi("start4.elf", 2_000_000, "first"));
    expect(stages(table.session().steps)).toEqual(["pi-firmware"]);
  });
});

describe("when a boot has everything", () => {
  const toScript = OVMF_BOOT.slice(0, 13);
  const range = (path: string, fromByte: number, sizeBytes: number): readonly Timed[] => [
    [5, started(path, sizeBytes, { fromByte })],
    [5, ended(path, sizeBytes, { fromByte })],
  ];

  test("ranges in any order make a file whole, and are told as one", () => {
    const table = sessionTable();
    table.take(...toScript, ...range(KERNEL, 6_000_000, 6_400_000), ...range(KERNEL, 0, 6_000_000));
    table.take(...range(INITRD, 0, 344_999_999));
    expect(table.session().outcome).toBe("under-way");
    table.take(...range(INITRD, 344_000_000, 1_000_000));
    expect(table.session().outcome).toBe("handed-over");
    expect(stages(table.session().steps).slice(-2)).toEqual(["kernel", "initrd"]);
    expect(table.session().steps.at(-2)).toMatchObject({ files: 2, sentBytes: 12_400_000 });
  });

  test("a kernel alone is not everything", () => {
    const table = sessionTable();
    table.take(...toScript, [5, started(KERNEL, 12_400_000)], [5, ended(KERNEL, 12_400_000)]);
    expect(table.session().outcome).toBe("under-way");
  });

  test("an own script by whatever files is over when the system asks for its address", () => {
    const { kernel: _kernel, ...rest } = GENERATION;
    const own: Generation = { ...rest, shape: "own-script", initrds: [], ownScript: "netboot.ipxe" };
    const table = sessionTable([own]);
    table.take(...toScript.slice(0, -1), [20, script({ type: "script", host: BETA, generation: own })]);
    table.take(
      ...["netboot.ipxe", "vmlinuz"].flatMap((file): Timed[] => [
        [5, started(`media/${own.id}/${file}`, 1000)],
        [5, ended(`media/${own.id}/${file}`, 1000)],
      ]),
    );
    expect(table.session().outcome).toBe("under-way");
    expect(stages(table.session().steps).slice(-3)).toEqual(["script", "script", "image"]);
    table.take([5000, overheard()]);
    expect(table.session()).toMatchObject({ outcome: "handed-over" });
  });

  test("a system from the disk that asks for its address after half a kernel is not the one that was booted", () => {
    const table = sessionTable();
    table.take(...toScript, [5, started(KERNEL, 12_400_000)]);
    table.take([5, ended(KERNEL, 12_400_000, {}, "aborted", 1000)], ...range(KERNEL, 0, 1000), [
      9000,
      overheard(),
    ]);
    expect(table.session().outcome).toBe("under-way");
  });

  test("a check-in of an earlier boot does not count for this one", () => {
    const table = sessionTable();
    table.take(...toScript, [10, checkedIn({ bootId: "00000000000000aa" })]);
    expect(table.session().outcome).toBe("under-way");
  });

  test("an image that firmware fetches itself is over when it has the file", () => {
    const file = "image.efi";
    const { kernel: _kernel, ...rest } = GENERATION;
    const bootFile = { type: "uki", file, bios: false } as const;
    const uki: Generation = {
      ...rest,
      shape: "uki",
      bootFile,
      initrds: [],
      files: new Map([[file, 50_000_000]]),
    };
    const table = sessionTable([uki]);
    const client = { ...UEFI, stage: "http-boot" } as const;
    table.take([0, dhcp(client, { type: "image", host: BETA, generation: uki, bootFile })]);
    table.take([9, started(`media/${uki.id}/${file}`, 50_000_000)]);
    table.take([9, ended(`media/${uki.id}/${file}`, 50_000_000, {}, "probed")]);
    table.take([9, started(`media/${uki.id}/${file}`, 50_000_000)]);
    table.take([900, ended(`media/${uki.id}/${file}`, 50_000_000)]);
    expect(stages(table.session().steps)).toEqual(["firmware-dhcp", "size-probe", "image"]);
    expect(table.session()).toMatchObject({ outcome: "handed-over", generation: uki.id });
  });
});

describe("a boot that gets nowhere", () => {
  test("has failed after a long silence, which a transfer under way is not", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 14));
    table.tick(1_000_000);
    expect(table.session().outcome).toBe("under-way");
    table.take([0, ended(KERNEL, 12_400_000, {}, "timed-out", 5)]);
    table.tick(500_000);
    expect(table.session().outcome).toBe("under-way");
    table.tick(100_000);
    expect(table.session().outcome).toBe("failed");
    table.tick(1_800_000);
    expect(table.live.size).toBe(0);
  });

  test("that goes on after all has not failed", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 13));
    table.tick(700_000);
    expect(table.session().outcome).toBe("failed");
    table.take(...OVMF_BOOT.slice(13));
    expect(table.session().outcome).toBe("handed-over");
  });

  test("a machine that is told to wait is turned away, in one step, and boots in the same session", () => {
    const table = sessionTable();
    table.take([0, dhcp(IPXE, { type: "stranger", policy: "hold" })]);
    for (let wait = 1; wait < 200; wait++)
      table.take([10_000, script({ type: "stranger", policy: "hold" }, { ...(wait > 1 && { wait }) })]);
    expect(table.session()).toMatchObject({ outcome: "turned-away", scripts: 0 });
    expect(stages(table.session().steps)).toEqual(["ipxe-dhcp", "script"]);
    table.take([10_000, script(SCRIPT, { wait: 200 })], ...OVMF_BOOT.slice(13));
    expect(table.session()).toMatchObject({ outcome: "handed-over", host: "beta" });
    expect(table.told.filter(({ change }) => change === "began")).toHaveLength(1);
  });

  test("firmware of a host that gets nothing is turned away, and says why", () => {
    const table = sessionTable();
    table.take([0, dhcp(UEFI, { type: "silent", reason: "no-program", host: BETA })]);
    expect(table.session()).toMatchObject({ outcome: "turned-away", host: "beta" });
    expect(table.session().steps[0]?.note).toBe("no-program");
  });

  test("a machine that nothing matches has no session, nor has whoever fetches a file", () => {
    const table = sessionTable();
    table.take([0, dhcp(UEFI, { type: "silent", reason: "unknown-host" })]);
    table.take([0, started(KERNEL, 12_400_000)], [0, ended(KERNEL, 12_400_000)], [0, overheard()]);
    expect(table.live.size).toBe(0);
    expect(table.told).toEqual([]);
  });

  test("what is only observed begins nothing", () => {
    const table = sessionTable();
    table.take([0, dhcp(UEFI, CHAIN, { observed: true })]);
    expect(table.live.size).toBe(0);
  });

  test("a file that it does not get is a step that says why", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 13), [
      10,
      {
        type: "refused",
        via: "http",
        peer: { address: "10.77.0.101", port: 1 },
        mac: BETA_MAC,
        path: `/${KERNEL}?rate=65536`,
        reason: "not kept any more",
        expected: false,
      },
    ]);
    expect(table.session().steps.at(-1)).toMatchObject({
      stage: "kernel",
      result: "failed",
      note: "not kept any more",
    });
    table.take([1, started(KERNEL, 12)], [1, ended(KERNEL, 12, {}, "stale", 0)]);
    expect(table.session().steps.at(-1)).toMatchObject({ stage: "kernel", result: "stale" });
  });

  test("goes round and round within bounds", () => {
    const table = sessionTable();
    table.take(...OVMF_BOOT.slice(0, 13));
    for (let attempt = 2; attempt < 300; attempt++)
      table.take(
        [5000, script(SCRIPT, { attempt })],
        [1, started(KERNEL, 12)],
        [1, ended(KERNEL, 12, {}, "failed", 0)],
      );
    const { steps } = table.session();
    expect(steps).toHaveLength(MAX_STEPS);
    expect(stages(steps.slice(0, 2))).toEqual(["firmware-dhcp", "proxy-dhcp"]);
    expect(steps.at(-1)?.endMs).toBe(table.now());
  });
});

test("what was being sent when the server stopped has ended when it is followed again", () => {
  const table = sessionTable();
  table.take(...OVMF_BOOT.slice(0, 14));
  const live = table.live.get(BETA_MAC);
  const again = live && resume(JSON.parse(JSON.stringify(live)));
  expect(again?.session.steps.at(-1)).toMatchObject({ result: "aborted", note: "the server was stopped" });
  expect(again).toMatchObject({ phase: "files", session: { outcome: "under-way" } });
});

test("a boot program by itself begins the session of a machine whose DHCP is another server's", () => {
  const table = sessionTable();
  table.take([0, started(PROGRAM.name, 1_000_000)], [9, ended(PROGRAM.name, 1_000_000)], [9, script()]);
  expect(stages(table.session().steps)).toEqual(["boot-program", "script"]);
  expect(table.told.filter(({ change }) => change === "began")).toHaveLength(1);
});

describe("another server", () => {
  const offer = { type: "foreign-offer", interface: "eth0", mac: BETA_MAC, server: "10.77.0.9" } as const;
  const boots = { ...offer, boot: { class: "PXEClient" } } as const;

  test("that gives the machine something to boot is kept with its boot, once, and does not make it come on", () => {
    const table = sessionTable();
    table.take([0, dhcp(UEFI, CHAIN)]);
    const { lastMs } = table.session();
    table.take([100, boots], [100, boots], [100, { ...boots, server: "10.77.0.8" }]);
    expect(table.session()).toMatchObject({ otherServers: ["10.77.0.9", "10.77.0.8"], lastMs });
  });

  test("that gives it an address is not", () => {
    const table = sessionTable();
    table.take([0, dhcp(UEFI, CHAIN)], [100, { ...offer, gives: "10.77.0.101" }]);
    expect(table.session()).not.toHaveProperty("otherServers");
  });

  test("floods nothing: of a hundred that are made up four are kept", () => {
    const table = sessionTable();
    table.take([0, dhcp(UEFI, CHAIN)]);
    for (let i = 0; i < 100; i++) table.take([1, { ...boots, server: `10.77.1.${i}` }]);
    expect(table.session().otherServers).toHaveLength(4);
  });
});
