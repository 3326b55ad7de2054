import { expect, test } from "vitest";
import { encodeText } from "../../../src/wire/dhcp/text.ts";
import { decodeVendorClass, encodeVendorClass } from "../../../src/wire/dhcp/vendor-class.ts";

test.each([
  ["PXEClient:Arch:00007:UNDI:003000", { kind: "PXEClient", arch: 7 }],
  ["PXEClient:Arch:00011:UNDI:003010", { kind: "PXEClient", arch: 11 }],
  ["HTTPClient:Arch:00016:UNDI:003000", { kind: "HTTPClient", arch: 16 }],
  ["PXEClient:Arch:00000", { kind: "PXEClient", arch: 0 }],
  ["PXEClient", { kind: "PXEClient" }],
  ["PXEClient:Arch:zzzzz", { kind: "PXEClient" }],
  ["PXEClients", {}],
  ["MSFT 5.0", {}],
  ["udhcp 1.35.0", {}],
  ["U-Boot.armv8", { kind: "U-Boot" }],
  ["U-Booty", {}],
  ["anaconda-PXEClient:Arch:00007", {}],
  ["", {}],
])("option 60 %j is taken apart", (text, parts) => {
  expect(decodeVendorClass(encodeText(text))).toEqual({ text, ...parts });
});

test("a NUL at the end of option 60 is no part of the class", () => {
  expect(decodeVendorClass(encodeText("PXEClient\0"))).toEqual({ text: "PXEClient", kind: "PXEClient" });
});

test("option 60 is written as its bare text: clients compare the first nine bytes", () => {
  expect(encodeVendorClass("PXEClient")).toEqual(encodeText("PXEClient"));
});
