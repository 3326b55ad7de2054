import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type ExplainOptions, explain } from "../../src/commands/explain.ts";
import { tempFolder } from "../support/temp-folder.ts";

const CAPTURE = fileURLToPath(new URL("../captures/ovmf12-proxy-4011-ipxe-2019.pcap", import.meta.url));
const run = (cwd: string, options: Partial<ExplainOptions> & { readonly subject: string }) =>
  explain({ flags: {}, env: {}, cwd }, { address: "10.77.0.2", json: false, ...options });

test("takes hosts from the configuration and images from the media folder, without a server", async () => {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "boot-media/hosts/beta"), { recursive: true });
  writeFileSync(join(cwd, "boot-media/hosts/beta/initrd"), "i");
  writeFileSync(
    join(cwd, "mayfly.yaml"),
    'hosts: {beta: {macs: ["52:54:00:12:34:56"], kernelParams: quiet}}\n',
  );
  const broken = await run(cwd, { subject: "5254.0012.3456", stage: "ipxe" });
  expect(broken).toContain("52:54:00:12:34:56 is host beta");
  expect(broken).toMatch(/host beta has no complete image: the\s+kernel is missing/);
});

test("says that DHCP is off, where it is", async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, "mayfly.yaml"), "dhcp: off\n");
  expect(await run(cwd, { subject: "52:54:00:12:34:56" })).toContain("DHCP is off here ('dhcp: off')");
});

test("reads a capture, and says when none of it is to or from this server", async () => {
  const cwd = tempFolder();
  copyFileSync(CAPTURE, join(cwd, "boot.pcap"));
  const text = await run(cwd, { subject: CAPTURE });
  expect(text).toContain("10.77.0.1 offers the address 10.77.0.145 and no boot file (OFFER).");
  expect(text).not.toContain("No packet is from or to");
  expect(await run(cwd, { subject: CAPTURE, address: "10.1.1.1" })).toContain(
    "No packet is from or to 10.1.1.1",
  );
});

test("prints the same for a program", async () => {
  const explained = JSON.parse(await run(tempFolder(), { subject: CAPTURE, json: true }));
  expect(explained).toMatchObject({ type: "capture", self: "10.77.0.2" });
  expect(explained.packets[0]).toMatchObject({ number: 1, atMs: 0, mac: "52:54:00:77:00:10" });
  const machine = JSON.parse(
    await run(tempFolder(), { subject: "52:54:00:12:34:56", json: true, arch: "arm64" }),
  );
  expect(machine).toMatchObject({ type: "machine", mac: "52:54:00:12:34:56", arch: 11, stage: "uefi" });
});

test.each<[Partial<ExplainOptions> & { readonly subject: string }, string]>([
  [{ subject: "nosuch.pcap" }, "MAC|FILE: read 'nosuch.pcap', want a MAC address such as"],
  [{ subject: "." }, "that is no file"],
  [{ subject: fileURLToPath(import.meta.url) }, "it is no capture of tcpdump or Wireshark"],
  [{ subject: "52:54:00:12:34:56", arch: "vax" }, "--arch: read 'vax', want bios, x86, x64, arm64"],
  [{ subject: "52:54:00:12:34:56", uuid: "1" }, "--uuid: read '1', want a UUID such as"],
  [{ subject: "52:54:00:12:34:56", address: "here" }, "--address: read 'here', want an IPv4 address"],
])("refuses %j and says what is wanted", async (options, message) => {
  await expect(run(tempFolder(), options)).rejects.toThrow(message);
});
