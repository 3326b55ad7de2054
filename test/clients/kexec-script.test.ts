/** The script of /kexec/HOST in the shells that people have, on machines that lack one thing or another. */

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { kexecBootScript } from "../../src/lab/image.ts";
import { quoteShell } from "../../src/wire/sh/quote.ts";
import { fencedBlocks } from "../support/documents.ts";
import { FILES, type HttpRig, startHttpRig } from "../support/http-rig.ts";
import { lacks } from "../support/needs.ts";
import { createShRoot, healthyMachine, SHELLS, type ShRoot } from "../support/sh-root.ts";
import { BETA, BETA_MAC } from "../support/worlds.ts";

/** What stands in the place of a program that a test takes away or pretends. */
const APPLETS: Readonly<Record<string, string>> = Object.fromEntries(
  ["id", "uname", "wget", "sha256sum"].map((name) => [
    `/bin/${name}`,
    `#!/bin/sh\nexec /bin/busybox ${name} "$@"\n`,
  ]),
);

const wants = (text: string, cure: string) => ({ text, cure });

/** What a machine lacks, as its files, and what it is told. */
const LACKS: readonly (readonly [
  string,
  Readonly<Record<string, string | undefined>>,
  ReturnType<typeof wants>,
])[] = [
  ["root", { "/bin/id": "#!/bin/sh\necho 1000\n" }, wants("only root can load a kernel", "| sudo sh")],
  ["kexec-tools", { "/bin/kexec": undefined }, wants("there is no kexec", "install kexec-tools")],
  ["a way to fetch", { "/bin/wget": undefined }, wants("neither curl nor wget", "install curl")],
  ["a digest program", { "/bin/sha256sum": undefined }, wants("no sha256sum", "install coreutils")],
  [
    "kexec in the kernel",
    { "/sys/kernel/kexec_loaded": undefined },
    wants("built without kexec", "start one"),
  ],
  [
    "leave to load",
    { "/proc/sys/kernel/kexec_load_disabled": "1\n" },
    wants("kernel.kexec_load_disabled = 1", "sysctl.conf"),
  ],
  [
    "a load that is left",
    { "/proc/sys/kernel/kexec_load_limit_reboot": "0\n" },
    wants("kernel.kexec_load_limit_reboot = 0", "restart once"),
  ],
  [
    "an open kernel",
    { "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n" },
    wants("the kernel is locked down", "Secure Boot"),
  ],
  [
    "a machine of its own",
    { "/proc/self/uid_map": "0 100000 65536\n" },
    wants("this is a container", "on the machine itself"),
  ],
  ["a machine (docker)", { "/.dockerenv": "" }, wants("this is a container", "on the machine itself")],
  [
    "CAP_SYS_BOOT",
    { "/proc/self/status": "CapEff:\t000001ffffbfffff\n" },
    wants("it lacks CAP_SYS_BOOT", "outside of any sandbox"),
  ],
  [
    "memory",
    { "/proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable: 90000 kB\n" },
    wants("there is little memory: 88 MiB are available", "--dir FOLDER"),
  ],
  [
    "memory for what boots",
    { "/proc/meminfo": "MemTotal: 150000 kB\nMemAvailable: 149000 kB\n" },
    wants("this machine has 147 MiB of memory", "a smaller image"),
  ],
  ["a card", { "/sys/class/net/eth0/address": undefined }, wants("by which network card", "--mac 52:54")],
  [
    "the host's MAC address",
    { "/sys/class/net/eth0/address": "52:54:00:99:99:99\n" },
    wants("beta has another machine: the MAC address 52:54:00:99:99:99 is no host's", "--force"),
  ],
  [
    "the kernel's architecture",
    { "/bin/uname": "#!/bin/sh\ncase $1 in -m) echo aarch64 ;; *) echo Linux ;; esac\n" },
    wants("the kernel of beta is for x86", "on the server: build beta for this machine"),
  ],
];

describe.skipIf(lacks("lan", "busybox", "dash", "bash", "curl")).each(SHELLS)("in %s the script", (shell) => {
  let rig: HttpRig;
  let root: ShRoot;
  let script = "";

  beforeAll(async () => {
    rig = await startHttpRig();
    root = await createShRoot();
    script = await (await fetch(`${rig.base}/kexec/beta`)).text();
  });
  beforeEach(() => root.put(healthyMachine(BETA_MAC)));
  afterEach(() => rig.clearEvents());
  afterAll(async () => {
    await rig?.stop();
    root?.remove();
  });

  test("loads the generation as the server has it, with its command line, and starts it", async () => {
    const { code, output } = await root.run(shell, script, ["-y"]);
    const [load = "", start = ""] = root.read("/kexec.log").split("\n");
    expect(load, output).toMatch(/^\[-l\]\[\/run\/mayfly\.\w+\/kernel\]\[--command-line=/);
    expect(load).toContain(
      `[--command-line=${rig.generation.kernelParams} mayfly.checkin=${rig.base}/checkin/`,
    );
    expect(load).toMatch(/\[--initrd=\/run\/mayfly\.\w+\/initrd\]$/);
    expect(root.read("/loaded-kernel")).toBe(Buffer.from(FILES.get("bzImage") ?? []).toString("latin1"));
    expect(root.read("/loaded-initrd")).toBe(Buffer.from(FILES.get("initrd.zst") ?? []).toString("latin1"));
    expect(start).toBe("[-e]");
    // The pretended one comes back.
    expect(code).toBe(1);
    const [begun] = rig.events.filter((event) => event.type === "script");
    expect(begun).toMatchObject({ via: "kexec", client: { mac: BETA_MAC, stage: "kexec", isa: "x86" } });
  });

  test("puts several initrds together in their order", async () => {
    const parts = new Map([...FILES, ["a", Buffer.from("first")], ["b", Buffer.from("second")]]);
    const generation = rig.put({ ...rig.generation, id: "several", initrds: ["a", "b", "a"] }, parts);
    rig.world.change([{ type: "published", image: "beta", generation }]);
    const { output } = await root.run(shell, script, ["--load-only"]);
    rig.world.change([{ type: "published", image: "beta", generation: rig.generation }]);
    expect(root.read("/loaded-initrd"), output).toBe("firstsecondfirst");
    expect(root.read("/kexec.log").trim().split("\n")).toHaveLength(1);
  });

  test("has systemd stop the services where it runs", async () => {
    root.put({ "/run/systemd/system/there": "" });
    const { code } = await root.run(shell, script, ["-y"]);
    root.put({ "/run/systemd": undefined });
    expect(root.read("/kexec.log")).toMatch(/\nsystemctl kexec\n$/);
    expect(code).toBe(0);
  });

  test("asks on the terminal, since its input is the script, and changes nothing when the answer is no", async () => {
    const no = await root.run(shell, script, [], "n\n");
    expect(no.output).toMatch(/all that runs here stops, and beta, .* starts\. Go on\?/);
    expect(no.output).toContain("nothing was changed");
    expect(root.read("/kexec.log")).toBe("");
    expect(rig.events.filter((event) => event.type === "script")).toEqual([]);
    const yes = await root.run(shell, script, [], "y\n");
    expect(root.read("/kexec.log"), yes.output).toMatch(/\n\[-e\]\n$/);
  });

  test.skipIf(shell === "ash")(
    "takes a file that is not what the server has for damaged, and loads nothing",
    async () => {
      const tampering =
        '#!/bin/sh\n/bin/busybox wget "$@" || exit; for file; do case $file in */part) echo x >>"$file" ;; esac; done\n';
      root.put({ "/bin/wget": tampering });
      const { code, output } = await root.run(shell, script, ["-y"]);
      root.put(APPLETS);
      expect(output).toMatch(
        /bzImage is damaged: its SHA-256 is \w{64}, and should be \w{64}; nothing was changed/,
      );
      expect(code).toBe(1);
      expect(root.read("/kexec.log")).toBe("");
    },
  );

  test("tries the other system call where the first one is refused, and tells what kexec says", async () => {
    const failing = '#!/bin/sh\necho "$1" >>/kexec.log\necho "syscall refused: $1" >&2\nexit 1\n';
    root.put({ "/bin/kexec": failing });
    const { code, output } = await root.run(shell, script, ["-y"]);
    expect(root.read("/kexec.log")).toBe("-l\n-s\n");
    expect(output).toMatch(/ {2}syscall refused: -l\n {2}syscall refused: -s\n/);
    expect(code).toBe(1);
  });

  test("leaves nothing behind and runs nothing while it is cut off", async () => {
    const cut = script.slice(0, script.lastIndexOf("main"));
    const { code, output } = await root.run(shell, cut, ["-y"]);
    expect([code, output, root.read("/kexec.log")]).toEqual([0, "", ""]);
    await root.run(shell, script, ["--check"]);
    expect((await root.run(shell, "ls /run /tmp")).output).not.toContain("mayfly.");
  });

  // Busybox' shell has its own id, uname, wget and sha256sum, whatever lies in the folder.
  test.each(
    LACKS.filter(([, files]) => shell !== "ash" || !Object.keys(files).some((path) => path in APPLETS)),
  )("says what a machine needs that lacks %s", async (_what, files, { text, cure }) => {
    root.put(files);
    const { code, output } = await root.run(shell, script, ["-y"]);
    for (const path of Object.keys(files)) root.put({ [path]: APPLETS[path] });
    expect(output).toContain(text);
    expect(output.slice(output.indexOf(text))).toContain(cure);
    expect(code).toBe(1);
    expect(root.read("/kexec.log")).toBe("");
  });

  test("says everything that is missing at once", async () => {
    root.put({ "/bin/kexec": undefined, "/sys/kernel/kexec_loaded": undefined });
    root.put({ "/proc/meminfo": "MemTotal: 150000 kB\nMemAvailable: 1000 kB\n" });
    const { output } = await root.run(shell, script);
    expect(output.match(/^ {2}\d\. /gm)).toEqual(["  1. ", "  2. ", "  3. ", "  4. ", "  5. "]);
    expect(output).toContain("there is no terminal on which to ask");
  });

  test("goes on with --force where only doubt speaks against it", async () => {
    root.put({ "/sys/class/net/eth0/address": "52:54:00:99:99:99\n" });
    root.put({ "/sys/kernel/security/lockdown": "none [integrity] confidentiality\n" });
    const { output } = await root.run(shell, script, ["-y", "--force"]);
    root.put({ "/sys/kernel/security": undefined });
    expect(root.read("/kexec.log"), output).toMatch(/^\[-s\]\[-l\]/);
  });

  test("finds the card below a bridge and a bond, by the address that is burnt into it", async () => {
    root.put({
      "/proc/net/route": "Iface\tDestination\nbr0\t00000000\n",
      "/sys/class/net/br0/address": "02:00:00:00:00:01\n",
      "/sys/class/net/br0/lower_veth7/x": "",
      "/sys/class/net/veth7/address": "02:00:00:00:00:02\n",
      "/sys/class/net/br0/lower_bond0/x": "",
      "/sys/class/net/bond0/lower_eth0/x": "",
      "/sys/class/net/eth0/address": "02:00:00:00:00:03\n",
      "/sys/class/net/eth0/bonding_slave/perm_hwaddr": `${BETA_MAC}\n`,
    });
    const { output, code } = await root.run(shell, script, ["--check"]);
    for (const each of ["br0", "bond0", "veth7", "eth0/bonding_slave"])
      root.put({ [`/sys/class/net/${each}`]: undefined });
    expect(output).toContain(`this machine (${BETA_MAC}) gets beta, Linux 6.12.9`);
    expect(code).toBe(0);
  });

  test("a quoted word is the same word again, whatever is in it", async () => {
    const words = fc
      .sample(fc.string({ unit: "binary", maxLength: 30 }), 300)
      .map((word) => word.replaceAll("\0", ""));
    words.push("", "'", "'\\''", "$(id)`id`", "a\nb\n", "-n", "!x", "\\", "\u{1f600}");
    const { output } = await root.run(shell, `printf '%s\\0' ${words.map(quoteShell).join(" ")}`);
    expect(
      Buffer.from(output, "latin1").toString().replaceAll("\r\n", "\n").split("\0").slice(0, -1),
    ).toEqual(words.map((word) => Buffer.from(word).toString().replaceAll("\r\n", "\n")));
  });

  test("is what a node runs by itself, when the server has another generation and says that it may", async () => {
    const old = rig.put({ ...rig.generation, id: "older" });
    const boot = { mac: BETA_MAC, host: BETA, generation: old };
    const { checkIn } = rig.checkIns.beginBoot(boot);
    root.put({
      "/proc/cmdline": `quiet mayfly.checkin=${rig.base}/checkin/${checkIn} *\n`,
      // The machine would be gone by now.
      "/bin/kexec": `${healthyMachine("")["/bin/kexec"]}[ "$1" != -e ] || kill 0\n`,
    });
    const { output } = await root.run(shell, await readFile("nix/auto-update.sh", "utf8"));
    expect(output).toContain("auto-update: this node goes: beta");
    expect(root.read("/kexec.log"), output).toMatch(/^\[-l\].*\n\[-e\]\n$/);
  });

  test("of an unknown host says so, and curl fails with it", async () => {
    const response = await fetch(`${rig.base}/kexec/nobody`);
    expect(response.status).toBe(404);
    const { code, output } = await root.run(shell, await response.text());
    expect([code, output]).toEqual([
      1,
      "Mayfly: no host is called nobody\n  'mayfly hosts' on the server lists them\n",
    ]);
  });
});

describe.skipIf(lacks("curl", "bash"))("the image's own kexec-boot", () => {
  test("loads the files beside it, as the documentation has them fetched", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mayfly-kexec-boot-"));
    const rig = await startHttpRig();
    try {
      const own = Buffer.from(
        kexecBootScript("bzImage", "initrd.zst", "init=/nix/store/abc/init loglevel=4"),
      );
      const generation = rig.put(
        { ...rig.generation, id: "own-kexec" },
        new Map([...FILES, ["kexec-boot", own]]),
      );
      rig.world.change([{ type: "published", image: "beta", generation }]);
      await writeFile(join(folder, "kexec"), '#!/bin/sh\necho "kexec $*" >>"$LOG"\n', { mode: 0o755 });
      await writeFile(join(folder, "systemctl"), '#!/bin/sh\necho "systemctl $*" >>"$LOG"\n', {
        mode: 0o755,
      });
      const [command = ""] = fencedBlocks(await readFile("docs/kexec.md", "utf8"), "sh").filter((block) =>
        block.includes("kexec-boot"),
      );
      const here = command.replace("http://10.0.0.1:8080", rig.base).replace("sudo ", "");
      const PATH = `${folder}:/usr/bin:/bin`;
      const env = { PATH, LOG: join(folder, "log"), GENERATION: generation.id };
      await promisify(execFile)("bash", ["-ec", here], { cwd: folder, env });
      expect(await readFile(join(folder, "log"), "utf8")).toBe(
        `kexec -v\nkexec --load ${folder}/bzImage --initrd=${folder}/initrd.zst ` +
          "--command-line init=/nix/store/abc/init loglevel=4\nsystemctl kexec\n",
      );
      expect(
        (await readFile(join(folder, "initrd.zst"))).equals(FILES.get("initrd.zst") ?? Buffer.of()),
      ).toBe(true);
    } finally {
      await rig.stop();
      await rm(folder, { recursive: true });
    }
  });
});
