{
  description = "Mayfly: a netboot server for machines that live in RAM";

  # No input: the modules take what they need from the system that they are part of.
  outputs = _: {
    # For the nodes that Mayfly boots (docs/check-in.md).
    nixosModules.node = ./nix/node-module.nix;
  };
}
