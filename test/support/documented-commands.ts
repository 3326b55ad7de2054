/** Every command that README.md, CONTRIBUTING.md and the guides in docs/ tell one to type, and what proves that it works. */

export interface Proof {
  /** A file that runs it. */
  readonly by: string;
  /** What shows there that it does; absent where that file takes the command from the document itself. */
  readonly shown?: string;
}

const PLAYED: Proof = { by: "test/clients/readme.test.ts" };
const CI = ".ci/run";
const PRINTED: Proof = { by: "test/clients/print-config.test.ts", shown: '"print-config", server' };
const EXPLAINED: Proof = { by: "test/cli.test.ts", shown: '"explain", ' };
/** Plays all the commands of docs/raspberry-pi.md, in order. */
const PI: Proof = { by: "test/docs/raspberry-pi.test.ts", shown: "commandsOf" };

export const PROOFS: ReadonlyMap<string, Proof> = new Map<string, Proof>([
  ["npm ci", { by: CI, shown: "\nnpm ci " }],
  ["npm run check", { by: CI, shown: "\nnpm run check " }],
  ["npm test", { by: CI, shown: "\nnpm test " }],
  // A part of `npm test`.
  ["npm run test:unit", { by: CI, shown: "\nnpm test " }],
  ["UPDATE_GOLDEN=1 npm run test:unit", { by: "test/captures.test.ts", shown: "UPDATE_GOLDEN" }],
  ["npm run demo", { by: "test/clients/try.test.ts", shown: '"try"' }],
  ["npm start", PLAYED],
  ["nix build ../nodes#beta", PLAYED],
  ["sudo npx mayfly serve ./result", PLAYED],
  ["nix build -o boot-media/hosts/52-54-00-12-34-56 ../nodes#beta", PLAYED],
  ["nix build -o boot-media/hosts/default ../nodes#rescue", PLAYED],
  ["nix build -o boot-media/hosts/beta ../nodes#beta", PLAYED],
  ["npx mayfly check", PLAYED],
  ["npx mayfly machines", { by: "test/clients/unknown-machines.test.ts", shown: 'mayfly("machines")' }],
  [
    "curl -fsSL http://SERVER:8080/kexec/beta | sudo sh",
    { by: "test/clients/kexec.test.ts", shown: "/kexec/beta`" },
  ],
  [
    "npx mayfly approve 52:54:00:12:34:56 beta",
    { by: "test/clients/unknown-machines.test.ts", shown: 'mayfly("approve", mac, "beta")' },
  ],
  [
    "npx mayfly hosts export",
    { by: "test/clients/unknown-machines.test.ts", shown: 'mayfly("hosts", "export")' },
  ],
  ["npx mayfly doctor", { by: "test/commands/doctor.test.ts", shown: 'mayfly(cwd, "doctor"' }],
  ["sudo npx mayfly doctor --probe", { by: "test/clients/other-servers.test.ts", shown: 'doctor("--probe"' }],
  ["npx mayfly boots", { by: "test/clients/sessions.test.ts", shown: 'mayfly("boots")' }],
  ["npx mayfly boots --follow", { by: "test/clients/sessions.test.ts", shown: '"boots", "--follow"' }],
  [
    "npx mayfly import image.tar.zst beta",
    { by: "test/commands/import.test.ts", shown: 'mayfly("import", "image.tar.zst", "beta")' },
  ],
  [
    "npx mayfly generations beta",
    { by: "test/commands/generations.test.ts", shown: 'mayfly("generations", "beta")' },
  ],
  ["npx mayfly diff beta", { by: "test/commands/generations.test.ts", shown: 'mayfly("diff", "beta")' }],
  ["npx mayfly show beta", { by: "test/commands/generations.test.ts", shown: 'mayfly("show", "beta")' }],
  ["npx mayfly build beta", { by: "test/clients/build.test.ts", shown: 'mayfly("build", "beta")' }],
  ["npx mayfly build --all", { by: "test/clients/build.test.ts", shown: 'mayfly("build", "--all")' }],
  ["npx mayfly builds beta", { by: "test/clients/build.test.ts", shown: 'mayfly("builds", "beta")' }],
  ["npx mayfly print-config --list", { by: "test/cli.test.ts", shown: '"--list"' }],
  ["npx mayfly print-config dnsmasq", PRINTED],
  ["npx mayfly print-config kea --address 192.168.1.10", PRINTED],
  ["npx mayfly explain 52:54:00:12:34:56", EXPLAINED],
  ["npx mayfly explain boot.pcap", EXPLAINED],
  [
    "npx mayfly capture 52:54:00:12:34:56",
    { by: "test/clients/capture.test.ts", shown: 'start("capture", MAC' },
  ],
  ["curl -s 'http://SERVER:8080/netboot.ipxe?mac=52-54-00-12-34-56'", PLAYED],
  ["npx mayfly rpi4 assemble --download", PI],
  ["npx mayfly rpi4 assemble RPi4_UEFI_Firmware_v1.34.zip pxe overlays", PI],
  ["npx mayfly rpi4 check", PI],
  ["npx mayfly rpi4 assemble --download --release uefi=v1.42", PI],
  ["npx mayfly rpi4 assemble --download --release uefi=v1.50 ipxe-arm64.efi", PI],
  // The unit that it starts is held to systemd's own checker and to our command line.
  ["systemctl enable --now mayfly", { by: "test/docs/service.test.ts", shown: "systemd-analyze" }],
]);

/** The commands of the documents that test/clients/readme.test.ts plays. */
export function isPlayed(command: string): boolean {
  return PROOFS.get(command) === PLAYED;
}
