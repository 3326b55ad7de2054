import { expect, test } from "vitest";
import { configInstallable } from "../../../src/boot/history/flake-config.ts";

test.each([
  ["github:owner/repo#beta", "nixosConfigurations.beta.config"],
  ['path:/srv/infra#"my.host"', 'nixosConfigurations."my.host".config'],
  ["path:/srv/infra", 'nixosConfigurations."gamma".config'],
  ["github:o/r#packages.x86_64-linux.beta", "nixosConfigurations.beta.config"],
  ["github:o/r#nixosConfigurations.beta.config.system.build.kexecTree", "nixosConfigurations.beta.config"],
  ['github:o/r#nixosConfigurations."a.b".config.system.build.x', 'nixosConfigurations."a.b".config'],
])("the configuration behind %s is %s", (installable, attribute) => {
  expect(configInstallable(installable, "gamma")).toBe(`${installable.split("#")[0]}#${attribute}`);
});
