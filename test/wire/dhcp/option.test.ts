import { expect, test } from "vitest";
import { OPTION, optionName } from "../../../src/wire/dhcp/option.ts";

test.each([
  [OPTION.MESSAGE_TYPE, "DHCP Message Type"],
  [OPTION.PXE_VENDOR, "Vendor-Specific Information"],
  [OPTION.CLIENT_ARCH, "Client System Architecture"],
  [OPTION.IPXE, "Etherboot"],
  [209, "PXE Configuration file"],
  [230, "Private"],
  [223, "Unassigned"],
])("option %i is called %j, as in Wireshark", (code, name) => {
  expect(optionName(code)).toBe(name);
});
