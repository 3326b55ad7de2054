import { describe, expect, test } from "vitest";
import { decide } from "../../../src/boot/decide.ts";
import { createFirmwareLan, type FirmwareLan } from "../../support/firmware-lan.ts";
import { biosRom, edk2, type Firmware, ipxeRom, type Outcome, uBoot } from "../../support/firmware-models.ts";
import { IPXE_175, pxeClass, request } from "../../support/packets.ts";

const MAC = "52:54:00:12:34:56";
const IPXE_HEX = [...IPXE_175].map((byte) => byte.toString(16).padStart(2, "0")).join("");
/** No HTTP and no bzImage, as VirtualBox ships it. */
const SMALL_IPXE_HEX = "eb03010000 150101 210101";

/** Powers a machine on; what it fetched is iPXE, and asks for its script. */
function boot(lan: FirmwareLan, firmware: Firmware, mac = MAC): Outcome {
  const outcome = firmware(lan, mac);
  if (outcome === "fetched") {
    const client = { mac, stage: "ipxe" } as const;
    const decision = decide(client, lan.world.snapshot());
    lan.world.record({ type: "script", peer: { address: "10.77.0.99", port: 4000 }, client, decision });
  }
  return outcome;
}

/** Powers a machine on until it has its boot file. */
function bootsUntilFetched(
  lan: FirmwareLan,
  firmware: Firmware,
  mac = MAC,
): { boots: number; last: Outcome } {
  let last: Outcome = "no offer";
  for (let boots = 1; boots <= 20; boots += 1) {
    last = boot(lan, firmware, mac);
    if (last === "fetched") return { boots, last };
  }
  return { boots: Number.POSITIVE_INFINITY, last };
}

/** The forms of all answers, in their order; `usual` where the first one of the kind was sent. */
function forms(lan: FirmwareLan): string[] {
  return lan.log
    .of("dhcp")
    .map(({ variant, port }) => `${variant ?? "usual"}${port === 4011 ? " 4011" : ""}`);
}

function moves(lan: FirmwareLan): string[] {
  return lan.log.of("notice").map(({ text }) => text);
}

const WORKS_AT_ONCE: readonly (readonly [name: string, firmware: Firmware])[] = [
  ["EDK2 that drops a proxy's first offer with option 43 (Q1)", edk2({ dropsFirstPxe10: true })],
  ["EDK2 of today, which asks 4011 (Q2)", edk2()],
  ["EDK2 on arm64", edk2({ arch: 11 })],
  ["EDK2 that sends the architecture of EBC (Q8)", edk2({ arch: 9 })],
  ["EDK2 that keeps the first boot server that it hears", edk2({ keepsFirstProxy: true })],
  ["a BIOS ROM that takes the file at once", biosRom({ takes: "direct" })],
  ["a BIOS ROM that asks 4011 all the same (Q3)", biosRom({ takes: "direct", alwaysAsks4011: true })],
  ["a BIOS ROM with an empty option 97 (Q5)", biosRom({ takes: "direct", hasNoUuid: true })],
  ["a BIOS ROM that reads past the end of option 67 (Q7)", biosRom({ takes: "direct", readsPastName: true })],
  ["U-Boot, which reads the header alone (Q6)", uBoot],
];

const IPXES: readonly (readonly [name: string, firmware: Firmware])[] = [
  ["iPXE, which wants a server's address and a name in one offer (I5)", ipxeRom(IPXE_HEX, true)],
  ["VirtualBox's cut-down iPXE, which takes a URL only (Q13)", ipxeRom(SMALL_IPXE_HEX, false)],
];

describe.each([...WORKS_AT_ONCE, ...IPXES])("%s", (_, firmware) => {
  test("is given the usual offer and nothing else, however often it boots", async () => {
    const lan = await createFirmwareLan();
    for (let count = 0; count < 6; count += 1) expect(boot(lan, firmware)).toBe("fetched");
    expect([...new Set(forms(lan))].filter((form) => !form.startsWith("usual"))).toEqual([]);
    expect(moves(lan)).toEqual([]);
  });
});

describe.each(WORKS_AT_ONCE)("%s, beside a DHCP server", (_, firmware) => {
  test.each([3_000, 9_000, 20_000, 40_000])(
    "that takes %i ms: boots in one go, and is offered the usual from then on",
    async (delayMs) => {
      const router: { delayMs: number | undefined } = { delayMs };
      const lan = await createFirmwareLan({ router });
      expect(boot(lan, firmware)).toBe("fetched");
      lan.log.clear();
      router.delayMs = 50;
      for (let count = 0; count < 3; count += 1) expect(boot(lan, firmware)).toBe("fetched");
      expect([...new Set(forms(lan))].filter((form) => !form.startsWith("usual"))).toEqual([]);
    },
  );

  test("that was off for a while: boots as soon as it is back, at once if it did so before", async () => {
    for (const before of [0, 1]) {
      const router: { delayMs: number | undefined } = { delayMs: 50 };
      const lan = await createFirmwareLan({ router });
      for (let count = 0; count < before; count += 1) expect(boot(lan, firmware)).toBe("fetched");
      router.delayMs = undefined;
      for (let count = 0; count < 11; count += 1) expect(boot(lan, firmware)).toBe("no offer");
      router.delayMs = 50;
      const backMs = lan.nowMs();
      expect(boot(lan, firmware)).toBe("fetched");
      // Twenty seconds to switch on, four to collect offers; one that never worked may wait for eight more.
      expect(lan.nowMs() - backMs).toBeLessThanOrEqual(before === 0 ? 48_000 : 24_000);
    }
  });
});

/** Each with the most power-ons that it may take to find the form that it knows, and what is sent from then on. */
const NEEDS_ANOTHER: readonly (readonly [name: string, firmware: Firmware, boots: number, form: string])[] = [
  ["UEFI that wants option 43", edk2({ wantsOption43: true }), 1, "direct"],
  ["a BIOS ROM that wants a menu, and its choice back from 4011 (Q4)", biosRom({ takes: "menu" }), 1, "menu"],
  ["a BIOS ROM that wants no option 43 and asks 4011 (Q3)", biosRom({ takes: "plain" }), 2, "plain"],
  ["a BIOS ROM that wants a URL", biosRom({ takes: "url" }), 3, "url"],
  [
    "a BIOS ROM that wants a menu and says PXE-E53 with an address",
    biosRom({ takes: "menu", takesAddressFirst: true }),
    3,
    "menu",
  ],
  [
    "a BIOS ROM that wants no option 43 and says PXE-E53 with an address",
    biosRom({ takes: "plain", takesAddressFirst: true }),
    5,
    "plain",
  ],
];

describe.each(NEEDS_ANOTHER)("%s", (_, firmware, boots, form) => {
  test(`has its boot file within ${boots} power-ons`, async () => {
    const lan = await createFirmwareLan();
    expect(bootsUntilFetched(lan, firmware)).toEqual({ boots, last: "fetched" });
  });

  test("is offered what worked twice at once from then on, also by a server that was started anew", async () => {
    const lan = await createFirmwareLan();
    bootsUntilFetched(lan, firmware);
    const restarted = await createFirmwareLan({ store: lan.store });
    for (const each of [lan, restarted, await createFirmwareLan({ store: restarted.store })]) {
      // Once more, to be sure that it was not the DHCP server that was slow.
      expect(boot(each, firmware)).toBe("fetched");
      each.log.clear();
      for (let count = 0; count < 3; count += 1) {
        const startMs = each.nowMs();
        expect(boot(each, firmware)).toBe("fetched");
        expect(each.nowMs() - startMs).toBe(24_000);
      }
      expect(forms(each)[0]).toBe(form);
      expect(moves(each)).toEqual([]);
    }
  });

  test("says once for each step what is tried next", async () => {
    const lan = await createFirmwareLan();
    bootsUntilFetched(lan, firmware);
    expect(moves(lan).length).toBeGreaterThan(0);
    for (const text of moves(lan)) {
      expect(text).toMatch(
        /^52:54:00:12:34:56 was offered its boot file with.* 2 times(, took an address and did not come for it)?( and nothing came of it)?; next: with/,
      );
    }
  });
});

test("a machine that nothing helps is told of a bounded number of times, and never left without an offer", async () => {
  const lan = await createFirmwareLan();
  const deaf: Firmware = edk2({ wantsOption43: true, dropsFirstPxe10: true, keepsFirstProxy: true });
  for (let count = 0; count < 50; count += 1) deaf(lan, MAC);
  expect(moves(lan).length).toBeLessThanOrEqual(8);
  expect(lan.log.of("dhcp").every(({ reply }) => reply === "OFFER" || reply === "ACK")).toBe(true);
  expect(new Set(forms(lan))).toEqual(new Set(["usual", "direct", "menu", "url"]));
});

test("machines that somebody makes up push out none of which something was learnt", async () => {
  const lan = await createFirmwareLan();
  const firmware = biosRom({ takes: "plain" });
  bootsUntilFetched(lan, firmware);
  bootsUntilFetched(lan, firmware);
  for (let number = 0; number < 6_000; number += 1) {
    const bytes = [number >> 8, number & 0xff].map((byte) => byte.toString(16).padStart(2, "0"));
    lan.discover(request({ mac: `52:54:01:00:${bytes.join(":")}`, vendorClass: pxeClass(0), archs: [0] }));
  }
  lan.log.clear();
  expect(boot(lan, firmware)).toBe("fetched");
  expect(forms(lan)[0]).toBe("plain");
});
