import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tempFolder } from "./support/temp-folder.ts";

const BIN = fileURLToPath(new URL("../bin/mayfly.js", import.meta.url));
const MAC = "52:54:00:12:34:56";

function mayfly(args: readonly string[], cwd = tempFolder()) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, NO_COLOR: "1" },
  });
  return { status, stdout, stderr };
}

test("--help tells the commands, examples and exit codes", () => {
  const { status, stdout } = mayfly(["--help"]);
  expect(status).toBe(0);
  for (const part of ["serve [options] [IMAGE]", "check [options]", "mayfly serve ./result", "Exit codes:"]) {
    expect(stdout).toContain(part);
  }
});

test("--version tells the version of package.json", () => {
  expect(mayfly(["--version"])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

describe("what is typed wrong ends with 2 and a suggestion", () => {
  test.each([
    [["srve"], "unknown command 'srve'\n(Did you mean serve?)"],
    [["serve", "--htp-port", "1"], "unknown option '--htp-port'\n(Did you mean --http-port?)"],
    [["serve", "a", "b"], "too many arguments for 'serve'"],
    [["serve", "--http-port"], "option '--http-port <port>' argument missing"],
    [["serve", "--dhcp", "watch"], "--dhcp: read 'watch', want proxy, authoritative, observe or off"],
    [["serve", "./nope"], "IMAGE: read './nope', want"],
    [["try", "./nope"], "IMAGE: read './nope', want"],
    [["capture", MAC, "--seconds", "abc"], "--seconds: read 'abc', want a whole number from 1 to 86400"],
    [["capture", MAC, "--seconds", "0"], "--seconds: read '0', want a whole number from 1 to 86400"],
    [["capture", MAC, "--address", "zz"], "--address: read 'zz', want an IPv4 address such as 192.168.1.20"],
    [["events", "--types", "bogus"], "--types: read 'bogus', want types of events"],
    [["rpi4", "assemble"], "nothing to assemble from; give the UEFI release zip"],
    [["rpi4", "assemble", "--url", "uefi=ftp://x/y"], "want an address with http: or https:."],
    [
      ["rpi4", "assemble", "--release", "uboot=1"],
      "want one of uefi, pipxe, overlays before the equals sign.",
    ],
    [["rpi4", "assemble", "--sha256", "uefi=abc"], "want 64 hexadecimal digits."],
    [["rpi4", "check", "nowhere"], "nowhere: there is no such folder; 'mayfly rpi4 assemble' makes it"],
    [["check", "--config", "nope.yaml"], "nope.yaml: named by --config: read no file, want"],
  ])("mayfly %j", (args, message) => {
    const { status, stderr, stdout } = mayfly(args);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

describe("mayfly check", () => {
  test("says every mistake at once and ends with 2", () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, "mayfly.yaml"), "htpPort: 1\nhosts: {beta: {macs: [zz]}}\n");
    const { status, stderr } = mayfly(["check"], cwd);
    expect(status).toBe(2);
    expect(stderr).toBe(
      [
        "mayfly: 2 mistakes:",
        "  mayfly.yaml:1: htpPort: read the key 'htpPort', want 'httpPort'",
        "  mayfly.yaml:2: hosts.beta.macs[0]: read 'zz', want a MAC address of one machine such as 52:54:00:12:34:56",
        "",
      ].join("\n"),
    );
  });

  test("says what is odd without being wrong, and ends with 0", () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, "boot-media", "hosts", "gamma"), { recursive: true });
    writeFileSync(join(cwd, "mayfly.yaml"), "hosts: {beta: {image: nowhere}}\n");
    const { status, stdout } = mayfly(["check"], cwd);
    expect(status).toBe(0);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "mayfly.yaml: no mistakes",
      "1 host, unknown machines are left alone",
      `the image of beta, ${join(cwd, "nowhere")}: nothing is there`,
      expect.stringMatching(/^hosts\/gamma belongs to no machine yet; give it one in mayfly\.yaml/),
    ]);
  });

  test("--json has each mistake with its place, for programs, and ends with 2 all the same", () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, "mayfly.yaml"), "htpPort: 1\n");
    const { status, stdout } = mayfly(["check", "--json"], cwd);
    expect(status).toBe(2);
    expect(JSON.parse(stdout).mistakes).toEqual([
      { place: "mayfly.yaml:1", key: "htpPort", read: "the key 'htpPort'", want: "'httpPort'" },
    ]);
  });

  test("is content without a configuration", () => {
    const { status, stdout } = mayfly(["check"]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "mayfly.yaml is not there: the defaults count\n0 hosts, unknown machines are left alone\n",
    );
  });
});

describe("mayfly print-config", () => {
  test("--list names the servers, a line each", () => {
    const { status, stdout } = mayfly(["print-config", "--list"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^dnsmasq +dnsmasq, .*\nkea +.*\nisc-dhcpd +/);
  });

  test("prints a text that can go into a file as it is", () => {
    const { status, stdout, stderr } = mayfly(["print-config", "kea", "--address", "192.168.1.10"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^# Kea DHCPv4: network boot from Mayfly at 192\.168\.1\.10\.\n/);
  });

  test("an unknown server ends with 2 and names those that are known", () => {
    const { status, stderr, stdout } = mayfly(["print-config", "bind"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("SERVER: read 'bind', want one of dnsmasq, kea, isc-dhcpd, unifi");
  });
});

describe("mayfly explain", () => {
  test("a machine, from an empty folder", () => {
    const { status, stdout } = mayfly(["explain", "52:54:00:12:34:56", "--address", "10.0.0.2"]);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "Mayfly stays silent (unknown-host): nothing is configured for 52:54:00:12:34:56",
    );
  });

  test("a capture, by the stage that it reached", () => {
    const cwd = tempFolder();
    const name = "ovmf12-proxy-4011-ipxe-2019.pcap";
    copyFileSync(fileURLToPath(new URL(`captures/${name}`, import.meta.url)), join(cwd, "boot.pcap"));
    const { status, stdout } = mayfly(["explain", "boot.pcap", "--address", "10.77.0.2"], cwd);
    expect(status).toBe(0);
    expect(stdout).toContain("52:54:00:77:00:10 booted: the system that was started");
  });

  test("neither of them ends with 2", () => {
    expect(mayfly(["explain", "nosuch"])).toMatchObject({ status: 2, stdout: "" });
  });
});
