import { describe, expect, test } from "vitest";
import { decide } from "../../../src/boot/decide.ts";
import type { BootProgram } from "../../../src/boot/program/program.ts";
import { pickProgram, type Remembered } from "../../../src/boot/program/program-wish.ts";
import { apply, EMPTY_SNAPSHOT } from "../../../src/boot/snapshot.ts";
import { BETA, GENERATION } from "../../support/worlds.ts";

const program = (name: string, facts: Partial<BootProgram> = {}): BootProgram => ({
  name,
  kind: "efi-x64",
  path: `/ipxe/${name}`,
  sizeBytes: 1,
  ...facts,
});
const SNPONLY = program("ipxe-x64.efi", { path: "/ipxe/snponly.efi", driver: "firmware" });
const NATIVE = program("ipxe-x64-native.efi", { path: "/ipxe/ipxe.efi", driver: "native" });
const SHIM = program("shimx64.efi");
const ARM = program("ipxe-arm64-native.efi", { kind: "efi-arm64", driver: "native" });

const world = (programs: readonly BootProgram[], nics: Parameters<typeof apply>[1] = []) =>
  apply(EMPTY_SNAPSHOT, [{ type: "programs", programs }, ...nics]);
const nic = (program: string) =>
  ({ type: "nics", rules: [{ match: { type: "pci", id: "10ec" }, program }] }) as const;

function pick(
  wish: string | undefined,
  remembered: Remembered = {},
  snapshot = world([SNPONLY, NATIVE, SHIM, ARM]),
) {
  const host = wish === undefined ? {} : { bootProgram: wish };
  return pickProgram({ kind: "efi-x64", mac: "52:54:00:00:00:01", host, remembered }, snapshot);
}

describe("which boot program a machine gets (I12)", () => {
  test("is the best of its kind, and what to try when it dies is known", () => {
    expect(pick(undefined)).toEqual({ program: SNPONLY, other: NATIVE });
  });

  test.each([
    ["firmware-driver", SNPONLY],
    ["native-driver", NATIVE],
    ["shimx64.efi", SHIM],
    ["ipxe-x64-native.efi", NATIVE], // as it is served
    ["ipxe.efi", NATIVE], // as its file is called
  ])("is what the host wishes: %s", (wish, wanted) => {
    expect(pick(wish)).toEqual({ program: wanted, by: "host" });
  });

  test("is the best one when the wish is not there, which the decision says", () => {
    expect(pick("ipxe-arm64-native.efi")).toEqual({ program: SNPONLY, missing: "ipxe-arm64-native.efi" });
    expect(pick("native-driver", {}, world([SNPONLY]))).toEqual({
      program: SNPONLY,
      missing: "native-driver",
    });
  });

  test("is what its network card wants, once the card is known; the host's wish goes first", () => {
    const snapshot = world([SNPONLY, NATIVE], [nic("native-driver")]);
    expect(pick(undefined, {}, snapshot)).toEqual({ program: SNPONLY, other: NATIVE });
    expect(pick(undefined, { pci: "10ec:8168" }, snapshot)).toEqual({ program: NATIVE, by: "nic" });
    expect(pick("firmware-driver", { pci: "10ec:8168" }, snapshot)).toEqual({ program: SNPONLY, by: "host" });
  });

  test("is what was learnt, with the way back; a wish goes first", () => {
    const remembered = { program: "ipxe-x64-native.efi" };
    expect(pick(undefined, remembered)).toEqual({ program: NATIVE, by: "memory", other: SNPONLY });
    expect(pick("firmware-driver", remembered)).toEqual({ program: SNPONLY, by: "host" });
  });

  test("is the best one when what was learnt is for other firmware, or is gone", () => {
    for (const name of ["ipxe-arm64-native.efi", "gone.efi", "ipxe-x64.efi"]) {
      expect(pick(undefined, { program: name })).toEqual({ program: SNPONLY, other: NATIVE });
    }
  });

  test("is none where there is none of its kind", () => {
    expect(pick(undefined, {}, world([ARM]))).toBeUndefined();
  });
});

test("the decision takes what is remembered, and the chip that iPXE tells with this very request", () => {
  const snapshot = apply(world([SNPONLY, NATIVE], [nic("native-driver")]), [
    { type: "hosts", hosts: [BETA] },
    { type: "published", image: "beta", generation: GENERATION },
  ]);
  const client = { mac: BETA.macs[0] ?? "", stage: "uefi", isa: "x86", program: "efi-x64" } as const;
  const chained = (remembered?: Remembered, pci?: string) => {
    const decision = decide({ ...client, ...(pci === undefined ? {} : { pci }) }, snapshot, remembered);
    return decision.type === "chain" ? [decision.program.name, decision.by] : decision.type;
  };
  expect(chained()).toEqual(["ipxe-x64.efi", undefined]);
  expect(chained({ pci: "10ec:8168" })).toEqual(["ipxe-x64-native.efi", "nic"]);
  expect(chained({}, "10ec:8168")).toEqual(["ipxe-x64-native.efi", "nic"]);
  expect(chained({ program: "ipxe-x64-native.efi" })).toEqual(["ipxe-x64-native.efi", "memory"]);
});
