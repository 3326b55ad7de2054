import { describe, expect, test } from "vitest";
import { bootScript, identifyScript, MAX_WAITS } from "../../../src/boot/script/script.ts";
import { answerScript } from "../../../src/boot/script/script-route.ts";
import type { Snapshot } from "../../../src/boot/snapshot.ts";
import { apply } from "../../../src/boot/snapshot.ts";
import { joinArguments, readLine } from "../../support/ipxe-model.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const base = "http://10.0.0.1:8080";
const client = { mac: BETA_MAC, stage: "ipxe", isa: "x86", serial: "A&B" } as const;
const request = { base, client, host: BETA, generation: GENERATION, attempt: 1 };

function ask(snapshot: Snapshot, more = ""): string {
  return answerScript({ query: `mac=${BETA_MAC}&arch=x86_64${more}`, base, isAutoexec: false }, snapshot)
    .text;
}

/** What iPXE adds to its address. */
const identity =
  "uuid=4c4c4544-0042-3510-8051-b9c04f4e3232&platform=pcbios&busid=01-1a-f4-10-00&nic=virtio-net&" +
  "serial=A%26B&manufacturer=Mayfly%20Works&product=Rack%20${x}";

/** A world in which strangers wait to be approved. */
const HOLDING = apply(snapshotOf([]), [{ type: "hosts", hosts: [], strangers: "hold" }]);
const SENDING_ON = apply(snapshotOf([]), [{ type: "hosts", hosts: [], strangers: "local" }]);

function kernelLine(script: string): string {
  return joinArguments(
    readLine(script.split("\n").find((line) => line.startsWith("kernel ")) ?? "")[0] ?? [],
  );
}

describe("whole scripts", () => {
  test("who are you, asked again while there is no address (I6, I16)", async () => {
    await expect(identifyScript(base)).toMatchFileSnapshot("golden/identify.ipxe");
  });

  test("boot this", async () => {
    await expect(bootScript(request)).toMatchFileSnapshot("golden/boot.ipxe");
  });

  test("iPXE is told where it may log, where that is an address", () => {
    const told = bootScript({ ...request, takesLogs: true });
    expect(told).toBe(bootScript(request).replace("#!ipxe\n", "#!ipxe\nset syslog 10.0.0.1 ||\n"));
    const named = { ...request, base: "http://boot.example.net:8080" };
    expect(bootScript({ ...named, takesLogs: true })).toBe(bootScript(named));
  });

  test("the last attempt ends in a shell where the host says so", async () => {
    const last = {
      ...request,
      attempt: 3,
      host: { ...BETA, onFailure: "shell", kernelParams: "debug  quiet" },
    } as const;
    await expect(bootScript(last)).toMatchFileSnapshot("golden/boot-last-shell.ipxe");
  });

  test("the image's own script, chained as it is", async () => {
    const own = { ...GENERATION, shape: "own-script", ownScript: "netboot.ipxe" } as const;
    const host = { ...BETA, kernelParams: "console=ttyS0" };
    await expect(bootScript({ ...request, host, generation: own })).toMatchFileSnapshot(
      "golden/own-script.ipxe",
    );
  });

  test("nothing for a stranger", async () => {
    await expect(ask(snapshotOf([]))).toMatchFileSnapshot("golden/unknown-host.ipxe");
  });

  test("wait here until you are approved", async () => {
    await expect(ask(HOLDING, `&${identity}`)).toMatchFileSnapshot("golden/hold.ipxe");
  });

  test("wait on, with the lease renewed", async () => {
    await expect(ask(HOLDING, `&${identity}&wait=60`)).toMatchFileSnapshot("golden/hold-again.ipxe");
  });

  test("go on at once", async () => {
    await expect(ask(SENDING_ON)).toMatchFileSnapshot("golden/local.ipxe");
  });

  test("no generation yet", async () => {
    const world = apply(snapshotOf([BETA]), [
      { type: "trouble", image: "beta", reason: "initrd.zst is missing." },
    ]);
    await expect(ask(world)).toMatchFileSnapshot("golden/no-generation.ipxe");
  });

  test("a kernel for another machine", async () => {
    const arm = { ...GENERATION, kernel: { file: "Image", isa: "arm64" } } as const;
    await expect(ask(snapshotOf([BETA], arm))).toMatchFileSnapshot("golden/wrong-isa.ipxe");
  });
});

describe("a machine that is held", () => {
  const lines = (wait: number) => ask(HOLDING, `&wait=${wait}`).split("\n");
  const nextWait = (wait: number) => Number(/[?&]wait=(\d+)&/.exec(lines(wait).join("\n"))?.[1]);

  test("finds the command on its screen at any time, with less lines a round than a screen has", () => {
    const long = `&${identity}&asset=${"x".repeat(200)}`;
    for (const wait of [1, 2, 60, 9999]) {
      const shown = ask(HOLDING, `${long}&wait=${wait}`)
        .split("\n")
        .filter((line) => line.startsWith("echo"));
      expect(shown).toContain(`echo -- On the server: mayfly approve ${BETA_MAC} NAME`);
      // iPXE shows the address that it asks, six lines of it with all that a machine may say.
      expect(shown.length + 6).toBeLessThan(25);
    }
  });

  test("asks again for ever, every 5 to 10 seconds, and each script takes the place of the last", () => {
    for (const wait of [1, 2, 12, 13, 500, 9998, 9999]) {
      const [pause] = lines(wait).filter((line) => line.startsWith("sleep "));
      expect(pause).toBe(wait > 12 ? "sleep 10" : "sleep 5");
      expect(lines(wait).filter((line) => line.startsWith("chain"))).toEqual([
        expect.stringMatching(/^chain --replace --autofree /),
      ]);
      expect(lines(wait)).not.toContain("exit 1");
    }
    expect([1, 12, 9998, 9999].map(nextWait)).toEqual([2, 13, 9999, 13]);
  });

  test("boots as soon as it has a host, as if it had just come", () => {
    expect(ask(snapshotOf([BETA], GENERATION), "&wait=77")).toBe(ask(snapshotOf([BETA], GENERATION)));
  });
});

describe("kernel parameters", () => {
  const url = `${base}/media/${GENERATION.id}/bzImage`;

  test("the image's own stay as they are and in order, then initrd= if missing, the host's, and the caller's (I9)", () => {
    const generation = { ...GENERATION, kernelParams: "b  a", initrds: ["early.cpio", "initrd"] };
    const host = { ...BETA, kernelParams: "c || d" };
    expect(kernelLine(bootScript({ ...request, host, generation }))).toBe(
      `kernel --name bzImage ${url} b  a initrd=early.cpio initrd=initrd c || d `,
    );
  });

  test("initrd= that is there already is not doubled; a longer name is another one", () => {
    const generation = { ...GENERATION, kernelParams: "initrd=initrd.zst.old", initrds: ["initrd.zst"] };
    expect(kernelLine(bootScript({ ...request, generation }))).toBe(
      `kernel --name bzImage ${url} initrd=initrd.zst.old initrd=initrd.zst `,
    );
    expect(kernelLine(bootScript(request))).toBe(`kernel --name bzImage ${url} ${GENERATION.kernelParams} `);
  });

  test("none at all are no words", () => {
    const generation = { ...GENERATION, kernelParams: "", initrds: [] };
    expect(kernelLine(bootScript({ ...request, generation }))).toBe(`kernel --name bzImage ${url} `);
  });
});

test.each([
  ["too long for the kernel", `a=${"x".repeat(2047)}`, "2047"],
  ["too many words for iPXE's stack", "a=1 ".repeat(300), "240 words"],
])("%s: said on the screen, not tried", (_what, kernelParams, message) => {
  const answer = answerScript(
    { query: `mac=${BETA_MAC}`, base, isAutoexec: false },
    snapshotOf([{ ...BETA, kernelParams }], GENERATION),
  );
  expect(answer.problem).toContain(message);
  expect(answer.text).not.toContain("kernel --name");
});

describe("again", () => {
  test("a retry asks for the script anew, as the same machine, and counts", () => {
    const line = bootScript({ ...request, attempt: 2 })
      .split("\n")
      .find((each) => each.startsWith("chain"));
    expect(line).toContain(`${base}/netboot.ipxe?mac=52-54-00-12-34-56&arch=x86&attempt=3&serial=A%26B`);
  });

  test("a retry says what firmware the machine has, as it said itself", () => {
    const script = ask(snapshotOf([BETA], GENERATION), "&platform=pcbios");
    expect(script).toContain("arch=x86&platform=pcbios&attempt=2");
  });

  test("no script but the third ends without asking again", () => {
    expect(bootScript({ ...request, attempt: 3 })).not.toContain("chain");
    expect(bootScript({ ...request, attempt: 99 })).not.toContain("chain");
  });

  test("waiting for an image ends too, and does not use up the attempts to boot it", () => {
    const empty = snapshotOf([BETA]);
    expect(ask(empty, "&wait=7")).toContain("wait=8");
    expect(ask(empty, `&wait=${MAX_WAITS + 1}`)).not.toContain("chain");
    expect(ask(snapshotOf([BETA], GENERATION), "&wait=7")).toContain("attempt=2");
  });

  test.each(["0", "-1", "1e9", "99999", "two", ""])("attempt=%s counts as the first", (attempt) => {
    expect(ask(snapshotOf([BETA], GENERATION), `&attempt=${attempt}`)).toContain("attempt=2");
  });
});

test("no line of any script is wider than the screen once it is echoed", () => {
  const long = { ...GENERATION, id: `${"x".repeat(32)}-${"long-name-".repeat(12)}` };
  const script = bootScript({ ...request, generation: long, attempt: 3 });
  for (const line of script.split("\n").filter((each) => each.startsWith("echo -- "))) {
    expect(line.length - "echo -- ".length).toBeLessThan(80);
  }
});
