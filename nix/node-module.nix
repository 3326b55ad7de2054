# For a node that Mayfly boots: tells the server that it is up.
#
#   imports = [ mayfly.nixosModules.node ];
#   mayfly.node = {
#     enable = true;
#     services = [ "besu.service" "lighthouse.service" ];
#     mounts = [ "/var/mnt/ssd" ];
#     files = [ "/var/mnt/secrets/jwt.hex" ];
#   };
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.mayfly.node;

  option = name: lib.concatMap (value: [ name value ]);

  arguments =
    [ "--wait" (toString cfg.waitSeconds) ]
    ++ option "--service" cfg.services
    ++ option "--mount" cfg.mounts
    ++ option "--file" cfg.files;
in
{
  imports = [ ./auto-update.nix ];

  options.mayfly.node = {
    enable = lib.mkEnableOption "telling the Mayfly server that this node is up";

    services = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "besu.service" ];
      description = ''
        Units that run while the node is well. They are waited for, and the report names those that do
        not run then. A unit that failed is named in any case.
      '';
    };

    mounts = lib.mkOption {
      type = lib.types.listOf lib.types.path;
      default = [ ];
      example = [ "/var/mnt/ssd" ];
      apply = map toString;
      description = "Mount points that should be mounted; the report names those that are not.";
    };

    files = lib.mkOption {
      type = lib.types.listOf lib.types.path;
      default = [ ];
      example = [ "/var/mnt/secrets/jwt.hex" ];
      # As text: a path of the evaluating machine would be copied into the store, secret and all.
      apply = map toString;
      description = "Files that should be there, secrets for instance; the report names those that are not.";
    };

    target = lib.mkOption {
      type = lib.types.str;
      default = "multi-user.target";
      description = "What has to be reached before the node says that it is up.";
    };

    waitSeconds = lib.mkOption {
      type = lib.types.ints.unsigned;
      default = 300;
      description = "How long the services are waited for after that.";
    };
  };

  config = lib.mkIf cfg.enable {
    systemd.services.mayfly-check-in = {
      description = "Tell the Mayfly server that this node is up";
      wantedBy = [ cfg.target ];
      wants = [ "network-online.target" ];
      after = [ cfg.target "network-online.target" ] ++ cfg.services;
      # Absent: not booted by Mayfly, or not to report.
      unitConfig.ConditionKernelCommandLine = "mayfly.checkin";
      # A boot is reported once, whatever is switched to later.
      restartIfChanged = false;
      path = [ pkgs.curl ];
      script = "exec ${pkgs.runtimeShell} ${./check-in.sh} ${lib.escapeShellArgs arguments}";
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        # It looks whether secrets are there, and never into them.
        CapabilityBoundingSet = [ "CAP_DAC_READ_SEARCH" ];
        NoNewPrivileges = true;
      };
    };
  };
}
