import { expect, test } from "vitest";
import { scriptUrl } from "../../../src/boot/script/script-url.ts";
import { MAC, UUID } from "../../support/packets.ts";

const SELF = { self: "10.77.0.2" };
const PORTS = { http: 8080 };
const NAMED = { macs: [MAC], uuids: [] };
const DEFAULT = { macs: [], uuids: [] };

test("a script's URL has what DHCP told of the machine", () => {
  expect(scriptUrl({ mac: MAC, uuid: UUID, isa: "arm64" }, NAMED, SELF, PORTS)).toBe(
    `http://10.77.0.2:8080/netboot.ipxe?mac=52-54-00-12-34-56&uuid=${UUID}&arch=arm64`,
  );
});

test("a script's URL leaves out what is not known", () => {
  expect(scriptUrl({ mac: MAC }, NAMED, SELF, PORTS)).toBe(
    "http://10.77.0.2:8080/netboot.ipxe?mac=52-54-00-12-34-56",
  );
});

test("a machine that only the default covers is asked for its serial number, which DHCP does not tell", () => {
  expect(scriptUrl({ mac: MAC }, DEFAULT, SELF, PORTS)).toBe(
    "http://10.77.0.2:8080/netboot.ipxe?mac=52-54-00-12-34-56&serial=${serial:uristring}",
  );
  const byUuid = { macs: [], uuids: [UUID] };
  expect(scriptUrl({ mac: MAC, uuid: UUID }, byUuid, SELF, PORTS)).not.toContain("serial");
});

test("the longest URL of a named machine fits in the file field of a packet, where iPXE looks first", () => {
  const longest = scriptUrl(
    { mac: MAC, uuid: UUID, isa: "riscv64" },
    NAMED,
    { self: "255.255.255.255" },
    { http: 65535 },
  );
  expect(longest.length).toBeLessThanOrEqual(127);
});
