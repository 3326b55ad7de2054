import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listProducts, printConfig } from "../../src/commands/print-config.ts";
import { peFile } from "../support/pe-file.ts";
import { tempFolder } from "../support/temp-folder.ts";

const REQUEST = { flags: {}, env: {} };

test("takes the ports from the configuration and the programs from the media folder, before anything runs", async () => {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "boot-media/ipxe"), { recursive: true });
  writeFileSync(join(cwd, "boot-media/ipxe/ipxe-riscv64.efi"), peFile(0x5064));
  writeFileSync(join(cwd, "mayfly.yaml"), "httpPort: 8888\n");
  const text = await printConfig({ ...REQUEST, cwd }, { product: "dnsmasq", address: "10.0.0.5" });
  expect(text).toContain("dhcp-boot=tag:mayfly-ipxe,http://10.0.0.5:8888/netboot.ipxe,10.0.0.5,10.0.0.5");
  expect(text).toContain("tag:!mayfly-ipxe,ipxe-riscv64.efi,10.0.0.5,10.0.0.5");
});

test.each([
  ["dnsmsq", "10.0.0.5", "SERVER: read 'dnsmsq', want one of dnsmasq, kea, isc-dhcpd, unifi"],
  ["dnsmsq", "10.0.0.5", "(did you mean dnsmasq?)"],
  ["", "10.0.0.5", "SERVER: read nothing, want one of dnsmasq"],
  ["kea", "fe80::1", "--address: read 'fe80::1', want an IPv4 address"],
])("refuses %j with address %j and says what is wanted", async (product, address, message) => {
  await expect(printConfig({ ...REQUEST, cwd: tempFolder() }, { product, address })).rejects.toThrow(message);
});

test("an interface that is not there is named with those that are", async () => {
  const request = { ...REQUEST, cwd: tempFolder(), flags: { interfaces: ["nosuch0"] } };
  await expect(printConfig(request, { product: "kea" })).rejects.toThrow(
    /--address: read nothing, want the address .* no interface nosuch0/,
  );
});

test("lists a name and what it can do, a line each", () => {
  expect(listProducts()).toHaveLength(8);
  expect(listProducts()[1]).toBe("kea         ISC Kea: every kind of machine");
});
