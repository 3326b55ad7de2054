/** Examples in the help of each command. */

import type { Command } from "commander";

/** What is typed, and what that does. */
type Example = readonly [line: string, about: string];

const MAC = "52:54:00:12:34:56";

/** By the names that lead to a command. */
const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  serve: [
    ["mayfly serve", "serve boot-media, as mayfly.yaml says"],
    ["mayfly serve ./result", "serve one image to every machine"],
    ["mayfly serve --dhcp observe", "only say what would be answered"],
  ],
  check: [
    ["mayfly check", "say everything that is wrong with mayfly.yaml"],
    ["mayfly check --config /etc/mayfly/mayfly.yaml --json", "the same of another file, for a program"],
  ],
  try: [
    ["mayfly try", "boot a small image that it makes itself"],
    ["mayfly try ./result --firmware arm64 --keep", "boot yours, and look at it"],
  ],
  explain: [
    [`mayfly explain ${MAC}`, "what it would be told, stage by stage"],
    ["mayfly explain boot.pcap", "what happened in a boot that was captured"],
  ],
  doctor: [
    ["mayfly doctor", "look at everything that boots depend on"],
    ["mayfly doctor --json", "for a program; it ends with 1 if there is a fault"],
  ],
  "print-config": [
    ["mayfly print-config --list", "which servers there is advice for"],
    ["mayfly print-config dnsmasq --address 192.168.1.10", "what dnsmasq needs"],
  ],
  "rpi4 assemble": [["mayfly rpi4 assemble --download", "fetch the releases that go together"]],
  "rpi4 check": [["mayfly rpi4 check", "would a Pi 4 boot from it?"]],
  hosts: [
    ["mayfly hosts", "what each host gets, and when it was last seen"],
    ["mayfly hosts --json", "with all that is known"],
  ],
  "hosts export": [["mayfly hosts export", "what was approved, as text for mayfly.yaml"]],
  machines: [
    ["mayfly machines", "machines that no host names"],
    ["mayfly machines --all", "every machine that ever asked"],
  ],
  approve: [[`mayfly approve ${MAC} beta`, "it boots as beta from now on"]],
  unapprove: [[`mayfly unapprove ${MAC}`, "take that back"]],
  forget: [[`mayfly forget ${MAC}`, "until it asks again"]],
  wake: [["mayfly wake beta", "switch its machines on"]],
  events: [
    ["mayfly events beta", "what happens to one host, as it happens"],
    ["mayfly events --types session,diagnosed --json", "some events alone, for a program"],
  ],
  store: [["mayfly store", "the copies that there are"]],
  "store verify": [["mayfly store verify --remove", "read all, and remove what is damaged"]],
  "state set-aside": [["mayfly state set-aside", "begin anew, and keep what is there beside"]],
  "token create": [
    ["mayfly token create anna --scope operate --days 90", "for somebody who may steer"],
    ["mayfly token create prometheus", "for a program that may look"],
  ],
  "token list": [["mayfly token list", "who is let in from elsewhere"]],
  "token revoke": [["mayfly token revoke anna", "from now on she is not"]],
  generations: [
    ["mayfly generations beta", "every image that it ever had"],
    ["mayfly generations beta 3 5", "what changed from the third to the fifth"],
  ],
  diff: [["mayfly diff beta", "what the last build changed"]],
  show: [
    ["mayfly show beta", "what is in its image"],
    ["mayfly show beta --generation 3", "what was in an earlier one"],
  ],
  rollouts: [["mayfly rollouts", "who gets what, and why"]],
  rollback: [
    ["mayfly rollback beta", "to the good generation before"],
    ["mayfly rollback nodes 12", "all hosts of a group, to a certain one"],
  ],
  pin: [["mayfly pin beta 12", "this one, whatever is published"]],
  unpin: [["mayfly unpin beta", "what is rolled out again"]],
  promote: [["mayfly promote nodes", "the new generation for everybody"]],
  hold: [["mayfly hold nodes", "nobody takes a new one for the moment"]],
  release: [["mayfly release nodes", "go on"]],
  "boot-once": [
    ["mayfly boot-once beta 12", "for its next boot alone"],
    [`mayfly boot-once ${MAC} --cancel`, "take it back"],
  ],
  boots: [
    ["mayfly boots", "how machines have booted"],
    ["mayfly boots beta --follow", "watch one boot"],
    ["mayfly boots 0loyw3v28-abc123", "one boot, stage by stage"],
  ],
  build: [
    ["mayfly build beta", "have nix build its image"],
    ["mayfly build --all --detach", "those of all hosts, without waiting"],
  ],
  builds: [["mayfly builds beta", "how that went, and the end of nix's log"]],
  capture: [[`mayfly capture ${MAC} --out boot.pcapng`, "until its boot ends"]],
  "notify list": [["mayfly notify list", "who is told, and what has not arrived"]],
  "notify test": [["mayfly notify test phone", "send a message, and say what came back"]],
  completion: [
    ["source <(mayfly completion bash)", "in ~/.bashrc"],
    ["source <(mayfly completion zsh)", "in ~/.zshrc, after compinit"],
    ["mayfly completion fish | source", "in ~/.config/fish/config.fish"],
  ],
};

/** Adds them to every command that has some; what a command says itself stays. */
export function addExamples(program: Command): void {
  const walk = (command: Command, names: readonly string[]): void => {
    const examples = EXAMPLES[names.join(" ")] ?? [];
    if (examples.length > 0) command.addHelpText("after", `\nExamples:\n${exampleLines(examples)}`);
    for (const sub of command.commands) walk(sub, [...names, sub.name()]);
  };
  walk(program, []);
}

function exampleLines(examples: readonly Example[]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  return examples.map(([line, about]) => `  ${line.padEnd(width)}  ${about}`).join("\n");
}
