/**
 * The texts for other DHCP servers, whole, and what must hold of each.
 *
 * `UPDATE_GOLDEN=1 npm run test:unit` writes them anew; read the difference before you commit it.
 * What the real servers make of them is in test/clients/print-config.test.ts.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type AdviceFacts, clientRows } from "../../../src/boot/advice/client-rows.ts";
import { dnsmasqLines } from "../../../src/boot/advice/dnsmasq.ts";
import { keaClasses } from "../../../src/boot/advice/kea.ts";
import { DHCP_PRODUCTS } from "../../../src/boot/advice/products.ts";
import { PROGRAMS } from "../../support/worlds.ts";

const COMMON = new Set(["bios-x86", "efi-x64", "efi-arm64"]);
/** A server as most are. */
const FACTS: AdviceFacts = {
  self: "192.168.1.10",
  ports: { http: 8080, tftp: 69 },
  programs: PROGRAMS.filter(({ kind }) => COMMON.has(kind)),
};
const EVERYTHING: AdviceFacts = { ...FACTS, programs: PROGRAMS };

const commentsOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => line.startsWith("#"))
    .map((line) => line.slice(1).trim())
    .join(" ");
const bodyOf = (text: string) =>
  text
    .split("\n")
    .filter((line) => !line.startsWith("#") && line !== "")
    .join("\n");

describe.each(DHCP_PRODUCTS)("$name", ({ name, write }) => {
  test("is as it was reviewed", () => {
    const golden = new URL(`./golden/${name}.txt`, import.meta.url);
    const text = write(FACTS);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, "utf8"));
  });

  test("begins by where it goes and ends by how to test it, in comments that fit a screen", () => {
    const text = write(FACTS);
    expect(text).toMatch(/^# .*network boot from Mayfly at 192\.168\.1\.10\.\n#\n# /);
    expect(commentsOf(text)).toContain("To test it: 'curl -s http://192.168.1.10:8080/netboot.ipxe'");
    expect(text.trimEnd().split("\n").at(-1)).toMatch(/^#/);
    const comments = text.split("\n").filter((line) => line.startsWith("#"));
    expect(comments.filter((line) => line.length > 100)).toEqual([]);
  });

  test("names no address but our own, and nothing relative to next-server (I7)", () => {
    const addresses = new Set(bodyOf(write(FACTS)).match(/\b\d+\.\d+\.\d+\.\d+\b/g));
    expect([...addresses]).toEqual(["192.168.1.10"]);
    expect(write(FACTS)).not.toContain("next-server}");
  });

  test("says what is missing, and that firmware knows one TFTP port", () => {
    const text = commentsOf(write({ ...FACTS, programs: [], ports: { http: 80, tftp: 6969 } }));
    expect(text).toContain(
      "Not found on this machine: undionly.kpxe, ipxe-x64.efi, ipxe-arm64.efi. They are",
    );
    expect(text).toContain("Mayfly's TFTP is on port 6969, and firmware asks port 69 only");
  });
});

describe("the rows of firmware", () => {
  const fileFor = (facts: AdviceFacts, arch: number) =>
    clientRows(facts).find(({ archs }) => archs.includes(arch))?.bootFile;

  test("give no x64 program to Itanium (2) and 32-bit UEFI (6, 15) (Q8)", () => {
    for (const arch of [2, 6, 15]) expect(fileFor(FACTS, arch)).toBeUndefined();
    expect(fileFor(EVERYTHING, 2)).toBeUndefined();
    expect(fileFor(EVERYTHING, 6)).toBe("ipxe-x86.efi");
    expect(fileFor(EVERYTHING, 15)).toBe("http://192.168.1.10:8080/ipxe/ipxe-x86.efi");
  });

  test("have every other architecture that there is a program for", () => {
    const archs = clientRows(EVERYTHING).flatMap((row) => row.archs);
    expect(archs.toSorted((a, b) => a - b)).toEqual([
      0, 6, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 27, 28, 39, 40,
    ]);
    expect(new Set(clientRows(EVERYTHING).map(({ tag }) => tag)).size).toBe(clientRows(EVERYTHING).length);
  });

  test("name the programs of common machines even before they are there", () => {
    const rows = clientRows({ ...FACTS, programs: [] });
    expect(rows.filter(({ isFound }) => isFound)).toEqual([]);
    expect(fileFor({ ...FACTS, programs: [] }, 7)).toBe("ipxe-x64.efi");
  });
});

test("OpenWrt and OPNsense get the lines that the real dnsmasq was tested with", () => {
  const lines = dnsmasqLines(FACTS).join("\n");
  for (const name of ["dnsmasq", "openwrt", "opnsense"]) {
    expect(DHCP_PRODUCTS.find((each) => each.name === name)?.write(FACTS)).toContain(lines);
  }
});

test("pfSense gets JSON with the classes that the real Kea was tested with", () => {
  const text = DHCP_PRODUCTS.find(({ name }) => name === "pfsense")?.write(FACTS) ?? "";
  expect(JSON.parse(bodyOf(text))).toEqual({ "client-classes": keaClasses(FACTS) });
});

test("MikroTik's boot files end by a NUL, which RouterOS does not send itself (Q7)", () => {
  const text = DHCP_PRODUCTS.find(({ name }) => name === "mikrotik")?.write(FACTS) ?? "";
  const values = [...text.matchAll(/code=67 value=0x([0-9a-f]+)$/gm)].map(([, value = ""]) => value);
  expect(values).toHaveLength(clientRows(FACTS).length + 1);
  for (const value of values) expect(value).toMatch(/^([2-7][0-9a-f])+00$/);
});
