/** Where a flake has the configuration of which it builds an image, and what is wanted of it. Pure. */

/**
 * The NixOS configuration behind an output: `github:o/r#beta` has it in `nixosConfigurations.beta`.
 *
 * @param installable - what `nix build` is given for the host
 * @param host - its name, where the installable has no attribute
 */
export function configInstallable(installable: string, host: string): string {
  const [flake = "", attribute = ""] = installable.split("#");
  const [, named] = /^(nixosConfigurations\.(?:"[^"]*"|[^."]+))(?:\.|$)/.exec(attribute) ?? [];
  if (named !== undefined) return `${flake}#${named}.config`;
  const [, last = `"${host}"`] = /((?:"[^"]*"|[^."]+))$/.exec(attribute) ?? [];
  return `${flake}#nixosConfigurations.${last}.config`;
}

/** What is asked of a configuration: nothing of it is built, and no text keeps a reference to the store. */
export const ASK_SERVICES = `config:
let
  text = value: builtins.unsafeDiscardStringContext (toString value);
  list = value: if value == null then [ ] else map text (if builtins.isList value then value else [ value ]);
  services = config.systemd.services;
  isRun = name: (services.\${name}.enable or true) && list (services.\${name}.serviceConfig.ExecStart or null) != [ ];
  tell = name: {
    inherit name;
    description = text (services.\${name}.description or "");
    commands = list (services.\${name}.serviceConfig.ExecStart or null);
    wantedBy = list (services.\${name}.wantedBy or null);
  };
in {
  system = text config.system.build.toplevel.outPath;
  services = map tell (builtins.filter isRun (builtins.attrNames services));
}`;
