import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type RunningServer, readyLine, serve } from "../../src/commands/serve.ts";
import type { SettingsRequest } from "../../src/config/load.ts";
import type { Settings } from "../../src/config/settings.ts";
import { tempFolder } from "../support/temp-folder.ts";

const ETH0 = { interface: "eth0", self: "192.0.2.2", mtu: 1500 };
const ETH1 = { interface: "eth1", self: "198.51.100.2", mtu: 1500 };

describe("the ready line", () => {
  test("names the addresses that are served", () => {
    expect(readyLine({ arrivals: [ETH0, ETH1], httpPort: 8080, tftpPort: 69, dhcp: "proxy" })).toBe(
      "mayfly is ready: http://192.0.2.2:8080 (eth0), http://198.51.100.2:8080 (eth1); TFTP on port 69, proxyDHCP",
    );
  });

  test.each([
    ["authoritative", "DHCP with addresses"],
    ["observe", "DHCP observed, nothing sent"],
  ] as const)("says that DHCP is in mode %s", (dhcp, words) => {
    expect(readyLine({ arrivals: [ETH0], httpPort: 8080, tftpPort: 69, dhcp })).toBe(
      `mayfly is ready: http://192.0.2.2:8080 (eth0); TFTP on port 69, ${words}`,
    );
  });

  test("names the admin plane, where there is one", () => {
    const served = { arrivals: [ETH0], httpPort: 8080, tftpPort: 69, dhcp: "proxy" } as const;
    expect(readyLine({ ...served, admin: { host: "127.0.0.1", port: 8081 } })).toMatch(
      /; TFTP on port 69, proxyDHCP, admin plane on http:\/\/127\.0\.0\.1:8081$/,
    );
  });

  test("says what is not served", () => {
    expect(readyLine({ arrivals: [ETH0], httpPort: 8080 })).toBe(
      "mayfly is ready: http://192.0.2.2:8080 (eth0); no TFTP, no DHCP",
    );
  });
});

/** Runs `serve` with a server that only notes what happens to it. */
function run(request: Partial<SettingsRequest>) {
  const happened: string[] = [];
  const controller = new AbortController();
  let settings: Settings | undefined;
  const server: RunningServer = {
    served: { arrivals: [ETH0], httpPort: 8080, tftpPort: 69, dhcp: "proxy" },
    serving: Promise.resolve(),
    async stop() {
      happened.push("stopped");
    },
  };
  const done = serve(
    { flags: {}, env: {}, cwd: tempFolder(), ...request },
    async (given) => {
      settings = given;
      happened.push("started");
      return server;
    },
    {
      install: false,
      signal: controller.signal,
      print(line) {
        happened.push(line);
        controller.abort();
      },
      say: (line) => happened.push(line),
    },
  );
  return { done, happened, settings: () => settings };
}

test("a server is started, says so in one line, and is stopped when it is told to", async () => {
  const { done, happened } = run({});
  await done;
  expect(happened).toEqual([
    "started",
    "mayfly is ready: http://192.0.2.2:8080 (eth0); TFTP on port 69, proxyDHCP",
    "stopped",
  ]);
});

test("the image of the operand is passed on", async () => {
  const cwd = tempFolder();
  mkdirSync(join(cwd, "result"));
  const { done, settings } = run({ cwd, image: "./result" });
  await done;
  expect(settings()?.image).toBe(join(cwd, "result"));
});

test.each([
  [
    "an image that is not there",
    "./reslut",
    "one mistake:\n  IMAGE: read './reslut', want the path of a nix result, or of a folder with a kernel and an initrd: nothing is there",
  ],
  [
    "an image that is a file",
    "./bzImage",
    "one mistake:\n  IMAGE: read './bzImage', want the path of a nix result, or of a folder with a kernel and an initrd: that is a file, name the folder that it lies in, or a file that is .iso or .efi",
  ],
])("%s is a mistake, and nothing is started", async (_what, image, message) => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, "bzImage"), "x");
  const { done, happened } = run({ cwd, image });
  await expect(done).rejects.toThrow(expect.objectContaining({ name: "ConfigError", message }));
  expect(happened).toEqual([]);
});

test("a mistake in the configuration starts nothing", async () => {
  const { done, happened } = run({ flags: { httpPort: "http" } });
  await expect(done).rejects.toThrow("--http-port: read 'http'");
  expect(happened).toEqual([]);
});
