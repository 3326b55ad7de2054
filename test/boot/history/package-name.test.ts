import { expect, test } from "vitest";
import { parsePackageName, storePathName } from "../../../src/boot/history/package-name.ts";

test.each([
  ["openssl-3.0.14", "openssl", "3.0.14", ""],
  ["openssl-3.0.14-dev", "openssl", "3.0.14", "dev"],
  ["linux-6.12.41-modules", "linux", "6.12.41", "modules"],
  ["gcc-13.3.0-lib", "gcc", "13.3.0", "lib"],
  ["python3.12-requests-2.32.3", "python3.12-requests", "2.32.3", ""],
  ["bash-interactive-5.2p37", "bash-interactive", "5.2p37", ""],
  ["unit-nginx.service", "unit-nginx.service", "", ""],
  ["nixos-system-beta-25.05.20250802.abcdef", "nixos-system-beta", "25.05.20250802.abcdef", ""],
  // nix cannot tell it from an output either.
  ["etc-fstab", "etc", "", "fstab"],
  ["linux-firmware-20250708-zstd", "linux-firmware", "20250708", "zstd"],
  ["a-", "a-", "", ""],
  ["", "", "", ""],
])("the name %s is the package %s, version '%s', output '%s'", (text, name, version, output) => {
  expect(parsePackageName(text)).toEqual({ name, version, output });
});

test("the hash is no part of a name", () => {
  const hash = "0123456789abcdfghijklmnpqrsvwxyz";
  expect(storePathName(`/nix/store/${hash}-bash-5.2`)).toBe("bash-5.2");
  expect(storePathName(`${hash}-bash-5.2`)).toBe("bash-5.2");
  expect(storePathName("/nix/store/bash-5.2")).toBeUndefined();
});
