import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/config-text.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { HOST_KEYS, TOP_KEYS } from "../../src/config/raw.ts";

function mistakesOf(text: string): string[] {
  return parseConfig(text, "mayfly.yaml").mistakes.map(formatMistake);
}

const PORT = "a port: a whole number from 1 to 65535 (0: any free one)";
const MAC = "a MAC address of one machine such as 52:54:00:12:34:56";
const UUID = "a UUID such as 4c4c4544-0046-3310-8053-b3c04f4d5132, neither all zeros nor all ones";
const NAME =
  "a host's name: letters, digits, '.', '_' and '-', the first one a letter or a digit (a MAC address with hyphens)";

describe("one mistake is told with its line, its key, what was read and what is wanted", () => {
  test.each<[why: string, text: string, message: string]>([
    [
      "a key that is misspelt names the likely one",
      "htpPort: 80",
      "mayfly.yaml:1: htpPort: read the key 'htpPort', want 'httpPort'",
    ],
    [
      "a key that is spelt as its flag names the likely one",
      "# ports\nhttp-port: 80",
      "mayfly.yaml:2: http-port: read the key 'http-port', want 'httpPort'",
    ],
    [
      "a key that is like none lists those that there are",
      "colour: red",
      `mayfly.yaml:1: colour: read the key 'colour', want one of ${TOP_KEYS.join(", ")}`,
    ],
    [
      "a host's key at the top is sent below a host",
      "macs: [52:54:00:12:34:56]",
      "mayfly.yaml:1: macs: read the key 'macs', want it below a host: 'hosts: { NAME: { … } }'",
    ],
    [
      "a host's name that is something else in the API",
      "hosts:\n  export: {}",
      "mayfly.yaml:2: hosts.export: read the name 'export', want another name: /hosts/export of the API tells which machines were approved",
    ],
    [
      "such a name of the host of all others",
      "default: export",
      "mayfly.yaml:1: default: read 'export', want another name: /hosts/export of the API tells which machines were approved",
    ],
    [
      "a host's key that is misspelt names the likely one",
      "hosts:\n  beta:\n    mac: [52:54:00:12:34:56]",
      "mayfly.yaml:3: hosts.beta.mac: read the key 'mac', want 'macs'",
    ],
    ["a port is too large", "httpPort: 65536", `mayfly.yaml:1: httpPort: read '65536', want ${PORT}`],
    ["a port is a fraction", "httpPort: 80.5", `mayfly.yaml:1: httpPort: read '80.5', want ${PORT}`],
    ["a port is text", "tftpPort: '69'", `mayfly.yaml:1: tftpPort: read '69', want ${PORT}`],
    [
      "a mode of DHCP is none",
      "dhcp: on",
      "mayfly.yaml:1: dhcp: read 'on', want proxy, authoritative, observe or off",
    ],
    [
      "the admin plane has an address and a port",
      "admin: 192.0.2.10",
      "mayfly.yaml:1: admin: read '192.0.2.10', want an address of this machine and a port such as 127.0.0.1:8081 or 192.0.2.10:8081 (0.0.0.0: all addresses)",
    ],
    [
      "what the admin plane is called has no port",
      "adminNames: [mayfly.example.net:8081]",
      "mayfly.yaml:1: adminNames[0]: read 'mayfly.example.net:8081', want a host's name such as mayfly.example.net, without a port",
    ],
    [
      "who needs a token is one of two",
      "adminToken: never",
      "mayfly.yaml:1: adminToken: read 'never', want remote or always",
    ],
    [
      "a network card is named by what nobody can see in a packet",
      "nics: { realtek: native-driver }",
      "mayfly.yaml:1: nics.realtek: read the key 'realtek', want the first three bytes or more of MAC addresses such as 00:e0:4c, or a chip: pci:VENDOR or pci:VENDOR:DEVICE such as pci:10ec:8168",
    ],
    [
      "a boot program is a path",
      "hosts: { beta: { bootProgram: ipxe/snp.efi } }",
      "mayfly.yaml:1: hosts.beta.bootProgram: read 'ipxe/snp.efi', want firmware-driver, native-driver, or the name of a file in boot-media/ipxe",
    ],
    [
      "an endpoint is a name and a port",
      "traces: { endpoint: 'collector:4318' }",
      "mayfly.yaml:1: traces.endpoint: read 'collector:4318', want the address of an OTLP receiver, over HTTP, such as http://collector.example:4318",
    ],
    [
      "a key of traces is misspelt",
      "traces: { endpont: 'http://collector:4318' }",
      "mayfly.yaml:1: traces.endpont: read the key 'endpont', want 'endpoint'",
    ],
    ["a switch is a word", "strict: maybe", "mayfly.yaml:1: strict: read 'maybe', want true or false"],
    [
      "a level is none",
      "logLevel: loud",
      "mayfly.yaml:1: logLevel: read 'loud', want silent, error, warn, info, debug or trace",
    ],
    [
      "a time is negative",
      "keepMinutes: -1",
      "mayfly.yaml:1: keepMinutes: read '-1', want a number of minutes from 0 to 10080",
    ],
    [
      "an interface's name cannot be one",
      "interfaces:\n  - eth0\n  - a/b",
      "mayfly.yaml:3: interfaces[1]: read 'a/b', want the name of a network interface such as eth0",
    ],
    [
      "a list is a word",
      "interfaces: eth0",
      "mayfly.yaml:1: interfaces: read 'eth0', want a list of network interfaces such as [eth0, eth1]",
    ],
    [
      "hosts are a list",
      "hosts:\n  - beta",
      "mayfly.yaml:2: hosts: read a list of one, want hosts by name, as in 'hosts: { beta: { macs: [\"52:54:00:12:34:56\"] } }'",
    ],
    [
      "a host is a word",
      "hosts:\n  beta: result",
      `mayfly.yaml:2: hosts.beta: read 'result', want keys of a host: ${HOST_KEYS.join(", ")}`,
    ],
    [
      "a host's name cannot be one",
      "hosts:\n  a/b: {}",
      `mayfly.yaml:2: hosts.'a/b': read the name 'a/b', want ${NAME}`,
    ],
    [
      "a MAC address with colons cannot be a host's name",
      "hosts:\n  52:54:00:12:34:56: {}",
      `mayfly.yaml:2: hosts.'52:54:00:12:34:56': read the name '52:54:00:12:34:56', want ${NAME}`,
    ],
    [
      "a MAC address is too short",
      "hosts:\n  beta:\n    macs:\n      - 52:54:00:12:34:56\n      - 52:54:00:12:34",
      `mayfly.yaml:5: hosts.beta.macs[1]: read '52:54:00:12:34', want ${MAC}`,
    ],
    [
      "a MAC address is that of no machine",
      "hosts: {beta: {macs: ['ff:ff:ff:ff:ff:ff']}}",
      `mayfly.yaml:1: hosts.beta.macs[0]: read 'ff:ff:ff:ff:ff:ff', want ${MAC}`,
    ],
    [
      "a UUID says that there is none",
      "hosts: {beta: {uuids: [00000000-0000-0000-0000-000000000000]}}",
      `mayfly.yaml:1: hosts.beta.uuids[0]: read '00000000-0000-0000-0000-000000000000', want ${UUID}`,
    ],
    [
      "an item of a list is empty",
      "hosts:\n  beta:\n    kernelParams:\n      - quiet\n      -\n",
      "mayfly.yaml:5: hosts.beta.kernelParams[1]: read nothing, want kernel parameters: text, or a list of texts",
    ],
    [
      "kernel parameters are keys",
      "kernelParams: {console: ttyS0}",
      "mayfly.yaml:1: kernelParams: read a map of keys, want kernel parameters: text, or a list of texts",
    ],
    [
      "a failure's answer is none",
      "onFailure: reboot",
      "mayfly.yaml:1: onFailure: read 'reboot', want next (the firmware's next boot option) or shell",
    ],
    [
      "the default is true",
      "default: true",
      "mayfly.yaml:1: default: read 'true', want the name of a host, or false",
    ],
    ["all of it is a list", "- beta", "mayfly.yaml:1: read a list of one, want keys such as 'hosts:'"],
    [
      "a key stands twice",
      "httpPort: 1\nhttpPort: 2",
      "mayfly.yaml:2: httpPort: read the key 'httpPort' for the second time, want it once",
    ],
    [
      "a tab indents",
      "hosts:\n\tbeta: {}",
      "mayfly.yaml:2: read 'beta: {}', want YAML: tabs are not allowed as indentation",
    ],
    [
      "there are two documents",
      "httpPort: 1\n---\nhttpPort: 2",
      "mayfly.yaml:2: read '---', want one document",
    ],
    [
      "an alias has no anchor",
      "hosts:\n  beta: *gamma",
      "mayfly.yaml:2: hosts.beta: read '*gamma', want an anchor that stands before it",
    ],
    [
      "an alias is within what it stands for",
      "hosts: &all\n  beta:\n    macs: *all",
      "mayfly.yaml:3: hosts.beta.macs: read an alias of something around it, want one of something else",
    ],
    [
      "a merge key has no map",
      "hosts:\n  beta:\n    <<: result",
      "mayfly.yaml:3: hosts.beta.'<<': read 'result', want a map, or an alias of one",
    ],
  ])("%s", (_why, text, message) => {
    expect(mistakesOf(text)).toEqual([message]);
  });
});

describe("a machine belongs to one host: both places are told", () => {
  test.each<[why: string, text: string, message: string]>([
    [
      "a MAC address in two spellings",
      "hosts:\n  beta:\n    macs: [52:54:00:12:34:56]\n  gamma:\n    macs:\n      - 525400123456",
      "mayfly.yaml:6: hosts.gamma.macs[0]: read '525400123456', want a MAC address that no other has: the host 'beta' has it (mayfly.yaml:3)",
    ],
    [
      "a MAC address that names a host",
      "hosts:\n  beta: {macs: ['52:54:00:12:34:56']}\n  52-54-00-12-34-57: {macs: ['52:54:00:12:34:57']}\n  gamma: {macs: ['52:54:00:12:34:57']}",
      "mayfly.yaml:4: hosts.gamma.macs[0]: read '52:54:00:12:34:57', want a MAC address that no other has: the host '52-54-00-12-34-57' has it (mayfly.yaml:3)",
    ],
    [
      "a MAC address twice in one host",
      "hosts:\n  beta:\n    macs:\n    - 52:54:00:12:34:56\n    - 52-54-00-12-34-56",
      "mayfly.yaml:5: hosts.beta.macs[1]: read '52-54-00-12-34-56', want a MAC address that no other has: this host has already it (mayfly.yaml:4)",
    ],
    [
      "a UUID with and without hyphens",
      "hosts:\n  beta: {uuids: [4c4c4544-0046-3310-8053-b3c04f4d5132]}\n  gamma: {uuids: [4C4C4544004633108053b3c04f4d5132]}",
      "mayfly.yaml:3: hosts.gamma.uuids[0]: read '4C4C4544004633108053b3c04f4d5132', want a UUID that no other has: the host 'beta' has it (mayfly.yaml:2)",
    ],
    [
      "a serial number of digits",
      "hosts:\n  beta: {serials: [0012]}\n  gamma: {serials: ['0012']}",
      "mayfly.yaml:3: hosts.gamma.serials[0]: read '0012', want a serial number that no other has: the host 'beta' has it (mayfly.yaml:2)",
    ],
  ])("%s", (_why, text, message) => {
    expect(mistakesOf(text)).toEqual([message]);
  });
});

test("all mistakes are told at once, in the order of their lines", () => {
  const text = `dhcp: observer
hosts:
  beta:
    macs: [52:54:00:12:34:56, zz]
    kernelparams: quiet
  gamma:
    macs: [5254.0012.3456]
keepMinutes: soon
`;
  expect(mistakesOf(text)).toEqual([
    "mayfly.yaml:1: dhcp: read 'observer', want proxy, authoritative, observe or off",
    `mayfly.yaml:4: hosts.beta.macs[1]: read 'zz', want ${MAC}`,
    "mayfly.yaml:5: hosts.beta.kernelparams: read the key 'kernelparams', want 'kernelParams'",
    "mayfly.yaml:7: hosts.gamma.macs[0]: read '5254.0012.3456', want a MAC address that no other has: the host 'beta' has it (mayfly.yaml:4)",
    "mayfly.yaml:8: keepMinutes: read 'soon', want a number of minutes from 0 to 10080",
  ]);
});

test("anchors that multiply are refused once and soon", () => {
  const lines = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name, index, all) => {
    const item = index === 0 ? "1" : `*${all[index - 1]}`;
    return `${name}: &${name} [${Array(10).fill(item).join(", ")}]`;
  });
  const mistakes = mistakesOf(lines.join("\n")).filter((each) => !each.includes("read the key"));
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toContain("read anchors that multiply without end, want fewer of them");
});
