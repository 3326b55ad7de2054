# A part of the module for nodes: the node brings itself into the generation that it should run.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.mayfly.node.autoUpdate;
in
{
  options.mayfly.node.autoUpdate = {
    enable = lib.mkEnableOption ''
      restarting by kexec into the generation that the server has for this node, when it is its turn
    '';

    everySeconds = lib.mkOption {
      type = lib.types.ints.positive;
      default = 300;
      description = "The longest time between two questions to the server.";
    };
  };

  config = lib.mkIf (config.mayfly.node.enable && cfg.enable) {
    assertions = [
      {
        assertion = !config.security.protectKernelImage;
        message = "mayfly.node.autoUpdate needs kexec, which security.protectKernelImage switches off: take one of them out";
      }
    ];

    systemd.services.mayfly-auto-update = {
      description = "Follow the generation that the Mayfly server has for this node";
      wantedBy = [ config.mayfly.node.target ];
      wants = [ "network-online.target" ];
      # What is not up has not shown that it can be gone from.
      after = [ "network-online.target" "mayfly-check-in.service" ];
      unitConfig.ConditionKernelCommandLine = "mayfly.checkin";
      path = [
        pkgs.curl
        pkgs.gnugrep
        pkgs.gnused
        pkgs.iproute2
        pkgs.kexec-tools
        config.systemd.package
      ];
      script = "exec ${pkgs.runtimeShell} ${./auto-update.sh} --every ${toString cfg.everySeconds}";
      serviceConfig = {
        Restart = "on-failure";
        RestartSec = 60;
      };
    };
  };
}
