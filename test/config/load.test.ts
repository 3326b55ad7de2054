import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostTable } from "../../src/boot/hosts.ts";
import { DEFAULT_POLICY } from "../../src/boot/rollout/policy.ts";
import { parseConfig } from "../../src/config/config-text.ts";
import { loadSettings, parsePlainJson, type SettingsRequest } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/mistake.ts";
import type { Settings } from "../../src/config/settings.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function load(request: Partial<SettingsRequest> & { readonly cwd: string }): Promise<Settings> {
  return loadSettings({ flags: {}, env: {}, ...request });
}

async function messageOf(loading: Promise<Settings>): Promise<string> {
  const error = await loading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof ConfigError ? error.message : "";
}

function folderWith(config: string): string {
  const folder = tempFolder();
  writeFileSync(join(folder, "mayfly.yaml"), config);
  return folder;
}

describe("what is believed", () => {
  test("nothing at all is a complete configuration", async () => {
    const cwd = tempFolder();
    expect(await load({ cwd })).toEqual({
      configFile: join(cwd, "mayfly.yaml"),
      mediaFolder: join(cwd, "boot-media"),
      stateFolder: join(cwd, ".mayfly"),
      storeFolder: join(cwd, ".mayfly"),
      interfaces: [],
      httpPort: 8080,
      tftpPort: 69,
      dhcp: "proxy",
      admin: { host: "127.0.0.1", port: 8081 },
      adminNames: [],
      adminToken: "remote",
      piConsole: false,
      strict: false,
      ipxeFolders: [],
      live: {
        hosts: [],
        subnets: [],
        reservations: [],
        kernelParams: "",
        onFailure: "next",
        checkIn: true,
        keepMinutes: 60,
        build: { nix: "nix", parallel: 1, args: [], timeLimitMs: 14_400_000 },
        keepSessionsDays: 90,
        rollbackDepth: 3,
        rollout: DEFAULT_POLICY,
        maxRebooting: 1,
        storeMaxBytes: 20_000_000_000,
        notify: [],
        logLevel: "info",
      },
    });
  });

  test("what is booted is to report, unless the file says otherwise for all or for one host", async () => {
    const { live } = await load({
      cwd: folderWith("checkIn: false\nhosts: { beta: { checkIn: true }, gamma: {} }\n"),
    });
    const { hosts } = hostTable(live, ["default"]);
    const told = hosts.map(({ name, checkIn = true }) => [name, checkIn]);
    expect(told).toEqual([
      ["beta", true],
      ["gamma", false],
      ["default", false],
    ]);
  });

  test("an empty file and empty keys are the same as none", async () => {
    const empty = await load({ cwd: folderWith("# nothing yet\n") });
    const keys = await load({ cwd: folderWith("hosts:\ndefault:\nhttpPort:\nkernelParams:\nipxe:\n") });
    expect(keys.live).toEqual(empty.live);
    expect(keys.httpPort).toBe(8080);
  });

  test("what is said of a Raspberry Pi is the host's, and what is not said stays out", async () => {
    const written = "rpi4: { ramLimit: off, bootTimeoutSeconds: 0, serve: [pieeprom.upd], rollover: }";
    const cwd = folderWith(
      `piConsole: true\nhosts: { beta: { serials: [5b154510], ${written} }, gamma: { rpi4: } }\n`,
    );
    const { live, piConsole } = await load({ cwd });
    expect(piConsole).toBe(true);
    expect(live.hosts.map(({ rpi4 }) => rpi4)).toEqual([
      { ramLimit: "off", bootTimeoutSeconds: 0, serve: ["pieeprom.upd"] },
      undefined,
    ]);
  });

  test("a flag wins over a variable, a variable over the file, the file over the default", async () => {
    const cwd = folderWith("httpPort: 1001\ntftpPort: 1002\nkeepMinutes: 3\nlogLevel: warn\n");
    const settings = await load({
      cwd,
      flags: { httpPort: "3001" },
      env: { MAYFLY_HTTP_PORT: "2001", MAYFLY_TFTP_PORT: "2002", MAYFLY_LOG_LEVEL: "" },
    });
    expect(settings).toMatchObject({
      httpPort: 3001,
      tftpPort: 2002,
      live: { keepMinutes: 3, logLevel: "warn" },
    });
  });

  test("each setting has its variable", async () => {
    const cwd = tempFolder();
    const env = {
      MAYFLY_MEDIA: "m",
      MAYFLY_STATE: "/s",
      MAYFLY_INTERFACE: "eth0, eth1",
      MAYFLY_HTTP_PORT: "1",
      MAYFLY_TFTP_PORT: "2",
      MAYFLY_DHCP: "off",
      MAYFLY_ADMIN: "[::1]:3",
      MAYFLY_STRICT: "yes",
      MAYFLY_IPXE: "a,b",
      MAYFLY_KEEP_MINUTES: "4",
      MAYFLY_LOG_LEVEL: "debug",
    };
    expect(await load({ cwd, env })).toMatchObject({
      mediaFolder: join(cwd, "m"),
      stateFolder: "/s",
      interfaces: ["eth0", "eth1"],
      httpPort: 1,
      tftpPort: 2,
      dhcp: "off",
      admin: { host: "::1", port: 3 },
      strict: true,
      ipxeFolders: [join(cwd, "a"), join(cwd, "b")],
      live: { keepMinutes: 4, logLevel: "debug" },
    });
  });

  test("paths of the file start at the file, those of flags and variables at the working directory", async () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, "etc"));
    const config = "media: m\nstate: s\nipxe: i\nhosts: {beta: {image: ../result}}\n";
    writeFileSync(join(cwd, "etc", "net.yaml"), config);
    const settings = await load({ cwd, configFile: "etc/net.yaml", flags: { state: "t" } });
    expect(settings).toMatchObject({
      configFile: join(cwd, "etc/net.yaml"),
      mediaFolder: join(cwd, "etc/m"),
      stateFolder: join(cwd, "t"),
      ipxeFolders: [join(cwd, "etc/i")],
      live: { hosts: [{ name: "beta", image: join(cwd, "result") }] },
    });
  });

  test("boot programs are wished for by host and by network card", async () => {
    const cwd = folderWith(
      'hosts: {beta: {macs: ["52:54:00:00:00:01"], bootProgram: shimx64.efi}}\n' +
        "nics:\n  00:E0:4C: native-driver\n  pci:14e4:1657: firmware-driver\n",
    );
    const { live } = await load({ cwd });
    expect(live.hosts[0]?.bootProgram).toBe("shimx64.efi");
    expect(live.nics).toEqual([
      { match: { type: "mac", prefix: "00:e0:4c" }, program: "native-driver" },
      { match: { type: "pci", id: "14e4:1657" }, program: "firmware-driver" },
    ]);
  });

  test("the file is looked for beside the media folder", async () => {
    const cwd = folderWith("httpPort: 1\n");
    const elsewhere = tempFolder();
    expect((await load({ cwd: elsewhere, flags: { media: join(cwd, "boot-media") } })).httpPort).toBe(1);
    expect((await load({ cwd: elsewhere, env: { MAYFLY_MEDIA: join(cwd, "m") } })).httpPort).toBe(1);
  });

  test("systemd says where state is kept, and the first of several folders counts", async () => {
    const cwd = tempFolder();
    const settings = await load({ cwd, env: { STATE_DIRECTORY: "/var/lib/mayfly:/var/lib/other" } });
    expect(settings.stateFolder).toBe("/var/lib/mayfly");
  });

  test("the operand of serve becomes an absolute path", async () => {
    const cwd = tempFolder();
    expect((await load({ cwd, image: "result" })).image).toBe(join(cwd, "result"));
  });

  test("MAC addresses and UUIDs in every spelling become one, serial numbers stay as written", async () => {
    const cwd = folderWith(`hosts:
  beta:
    macs: [52-54-00-12-34-56, 525400123457, 5254.0012.3458, "52:54:0:12:34:59", 023456789012]
    uuids: ["{4C4C4544-0046-3310-8053-B3C04F4D5132}"]
    serials: [0012, 1e3, 10000000deadbeef]
`);
    expect((await load({ cwd })).live.hosts).toEqual([
      {
        name: "beta",
        macs: [
          "52:54:00:12:34:56",
          "52:54:00:12:34:57",
          "52:54:00:12:34:58",
          "52:54:00:12:34:59",
          "02:34:56:78:90:12",
        ],
        uuids: ["4c4c4544-0046-3310-8053-b3c04f4d5132"],
        serials: ["0012", "1e3", "10000000deadbeef"],
      },
    ]);
  });

  test("a MAC address that YAML 1.1 takes for a sexagesimal number is read as it was written", async () => {
    const cwd = folderWith("%YAML 1.1\n---\nhosts: {beta: {macs: [52:54:00:12:34:56]}}\n");
    expect((await load({ cwd })).live.hosts[0]?.macs).toEqual(["52:54:00:12:34:56"]);
  });

  test("a host that is named by a MAC address has it", async () => {
    const cwd = folderWith("hosts:\n  52-54-00-12-34-56:\n  525400123457: {macs: ['52:54:00:12:34:57']}\n");
    expect((await load({ cwd })).live.hosts.map(({ name, macs }) => [name, macs])).toEqual([
      ["52-54-00-12-34-56", ["52:54:00:12:34:56"]],
      ["525400123457", ["52:54:00:12:34:57"]],
    ]);
  });

  test("kernel parameters are one line however they are written, and unchanged otherwise", async () => {
    const cwd = folderWith(`kernelParams: |
  console=ttyS0,115200
  quiet
hosts:
  beta: {kernelParams: [loglevel=7, 'dyndbg="file x +p"']}
`);
    const { live } = await load({ cwd });
    expect(live.kernelParams).toBe("console=ttyS0,115200 quiet");
    expect(live.hosts[0]?.kernelParams).toBe('loglevel=7 dyndbg="file x +p"');
  });

  test("merge keys give what a host does not say itself, and JSON is YAML", async () => {
    const yaml = `hosts:
  beta: &small {onFailure: shell, kernelParams: quiet, macs: ["52:54:00:12:34:56"]}
  gamma: {<<: *small, kernelParams: debug, macs: ["52:54:00:12:34:57"]}
`;
    const json = JSON.stringify({
      hosts: {
        beta: { onFailure: "shell", kernelParams: "quiet", macs: ["52:54:00:12:34:56"] },
        gamma: { onFailure: "shell", kernelParams: "debug", macs: ["52:54:00:12:34:57"] },
      },
    });
    const fromYaml = await load({ cwd: folderWith(yaml) });
    expect(fromYaml.live).toEqual((await load({ cwd: folderWith(json) })).live);
    expect(fromYaml.live.hosts[1]).toMatchObject({ onFailure: "shell", kernelParams: "debug" });
  });
});

describe("what is refused", () => {
  test("a file that was named must be there", async () => {
    const cwd = tempFolder();
    const absent = { configFile: "net.yaml", cwd };
    expect(await messageOf(load(absent))).toBe(
      "one mistake:\n  net.yaml: named by --config: read no file, want a configuration file that can be read",
    );
    expect(await messageOf(load({ env: { MAYFLY_CONFIG: "net.yaml" }, cwd }))).toBe(
      "one mistake:\n  net.yaml: named by MAYFLY_CONFIG: read no file, want a configuration file that can be read",
    );
    expect(await messageOf(load({ configFile: ".", cwd }))).toContain("read a folder, want");
  });

  test("a mistake in a variable names the variable, one in a flag the flag", async () => {
    const loading = load({
      cwd: tempFolder(),
      flags: { dhcp: "observer", interfaces: ["eth0", "a b"] },
      env: {
        MAYFLY_HTTP_PORT: "http",
        MAYFLY_STRICT: "perhaps",
        MAYFLY_TFTPPORT: "69",
        MAYFLY_OTHER_THING: "1",
      },
    });
    expect(await messageOf(loading)).toBe(
      [
        "5 mistakes:",
        "  --interface: read 'a b', want the name of a network interface such as eth0",
        "  --dhcp: read 'observer', want proxy, authoritative, observe or off",
        "  MAYFLY_HTTP_PORT: read 'http', want a port: a whole number from 1 to 65535 (0: any free one)",
        "  MAYFLY_STRICT: read 'perhaps', want true or false",
        "  MAYFLY_TFTPPORT: read the variable 'MAYFLY_TFTPPORT', want 'MAYFLY_TFTP_PORT'",
      ].join("\n"),
    );
  });

  test("mistakes of flags, variables and file are told together", async () => {
    const loading = load({
      cwd: folderWith("strct: true\n"),
      flags: { httpPort: "-1" },
      env: { MAYFLY_TFTP_PORT: "70000" },
    });
    expect(await messageOf(loading)).toBe(
      [
        "3 mistakes:",
        "  --http-port: read '-1', want a port: a whole number from 1 to 65535 (0: any free one)",
        "  MAYFLY_TFTP_PORT: read '70000', want a port: a whole number from 1 to 65535 (0: any free one)",
        "  mayfly.yaml:1: strct: read the key 'strct', want 'strict'",
      ].join("\n"),
    );
  });

  test("JSON is read as YAML reads it, or left to YAML", () => {
    const value = fc.constantFrom(
      ...["null", "true", "5", '"5"', "[]", "{}", "1e3", '"\\u0041"', '"x y"', '"52:54:00:00:00:01"'],
      ...['["52:54:00:00:00:01"]', "[7]", "8080", '"off"', '"#"', "false"],
    );
    const key = fc.constantFrom(
      "hosts",
      "httpPort",
      "dhcp",
      "default",
      "macs",
      "serials",
      "beta",
      "7",
      "<<",
      "__proto__",
    );
    const { object } = fc.letrec<{ node: string; object: string }>((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, value, tie("object")),
      object: fc
        .array(fc.tuple(key, tie("node")), { maxLength: 3 })
        .map((pairs) => `{${pairs.map(([name, text]) => `"${name}":${text}`).join(",")}}`),
    }));
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom("", "\n"), fc.oneof(value, object), (end, text) => {
        const plain = parsePlainJson(text + end);
        if (plain === undefined) return;
        taken++;
        expect({ config: plain, mistakes: [] }).toEqual(parseConfig(text + end, "f.yaml"));
      }),
      { numRuns: 1000 },
    );
    expect(taken).toBeGreaterThan(50);
    expect(parsePlainJson('{"hosts":{"beta":{},"beta":{}}}')).toBeUndefined();
    expect(parsePlainJson(JSON.stringify({ hosts: { beta: { macs: [] } } }, undefined, 2))).toEqual({
      hosts: { beta: { macs: [] } },
    });
  });

  test("whatever a file holds, it gives a configuration or mistakes that have a place", () => {
    const piece = fc.constantFrom(
      "hosts",
      "macs",
      "beta",
      ":",
      ": ",
      "- ",
      "\n",
      "\n  ",
      "\t",
      "[",
      "]",
      "{",
      "}",
      "'",
      '"',
      "&a",
      "*a",
      "<<",
      "~",
      "!x",
      "|",
      ">",
      "%",
      "---",
      "#",
      "525400123456",
      "default",
      "false",
      "\0",
      "…",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (written) => {
        const { mistakes } = parseConfig(written, "f.yaml");
        expect(mistakes.every((each) => /^f\.yaml(:\d+)?$/.test(each.place))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
