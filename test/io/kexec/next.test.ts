import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import type { Host } from "../../../src/boot/host.ts";
import { DEFAULT_POLICY } from "../../../src/boot/rollout/policy.ts";
import { type Rollouts, startRollouts } from "../../../src/io/rollouts/rollouts.ts";
import { type HttpRig, startHttpRig } from "../../support/http-rig.ts";
import { BETA, BETA_MAC, GENERATION } from "../../support/worlds.ts";

const GAMMA_MAC = "52:54:00:00:00:03";
const GAMMA: Host = { ...BETA, name: "gamma", macs: [GAMMA_MAC] };
const NEWER: Generation = { ...GENERATION, id: "newer" };

let rig: HttpRig;
beforeEach(async () => {
  rig = await startHttpRig();
  rig.world.change([{ type: "hosts", hosts: [BETA, GAMMA] }]);
});
afterEach(() => rig.stop());

/** The token of a machine that was booted into this generation. */
function bootOf(host: Host, generation: Generation = rig.generation): string {
  const [mac = BETA_MAC] = host.macs;
  return rig.checkIns.beginBoot({ mac, host, generation }).checkIn ?? "";
}

async function ask(token: string, more = "&arch=x86_64", method = "GET"): Promise<string> {
  const response = await fetch(`${rig.base}/kexec/-/next?boot=${token}${more}`, { method });
  expect(response.status).toBe(200);
  return response.text();
}

function publish(generation: Generation): void {
  rig.world.change([{ type: "published", image: "beta", generation }]);
}

async function checkIn(token: string): Promise<void> {
  const response = await fetch(`${rig.base}/checkin/${token}`, { method: "POST" });
  expect(response.status).toBe(204);
}

test("a node that runs what it should is told to stay", async () => {
  expect(await ask(bootOf(BETA))).toBe(`stay 300 it runs ${GENERATION.id}\n`);
});

test("nodes go one after the other, when the one before has come up", async () => {
  const [beta, gamma] = [bootOf(BETA), bootOf(GAMMA)];
  publish(NEWER);
  expect(await ask(beta)).toBe(`go beta ${BETA_MAC}\n`);
  expect(await ask(gamma)).toBe("wait 60 1 of its group restart now, as many as may\n");
  const again = bootOf(BETA, NEWER);
  await checkIn(again);
  expect(await ask(again)).toBe("stay 300 it runs newer\n");
  expect(await ask(gamma)).toBe(`go gamma ${GAMMA_MAC}\n`);
});

test("a node goes back as it goes forward", async () => {
  publish(NEWER);
  const token = bootOf(BETA, NEWER);
  publish(rig.generation);
  expect(await ask(token)).toBe(`go beta ${BETA_MAC}\n`);
});

test("who only asks by HEAD takes no turn", async () => {
  const [beta, gamma] = [bootOf(BETA), bootOf(GAMMA)];
  publish(NEWER);
  await ask(beta, "", "HEAD");
  expect(await ask(gamma)).toMatch(/^go gamma /);
});

test("without a token of this server there is no turn to take in anybody's name", async () => {
  publish(NEWER);
  const token = bootOf(BETA, { ...GENERATION, id: "older" });
  for (const forged of ["", "x", token.replace(/.$/, token.endsWith("A") ? "B" : "A")]) {
    expect(await ask(forged, `&mac=${BETA_MAC}`)).toBe(
      "stay 300 it does not tell by a token of this server what it runs\n",
    );
  }
  expect(await rig.store.load("kexec-turn")).toEqual(new Map());
});

test("a node whose host is gone, or whose new image is not for it, stays as it is", async () => {
  const token = bootOf(BETA);
  publish({ ...NEWER, kernel: { file: "bzImage", isa: "arm64" } });
  expect(await ask(token)).toMatch(/^stay 300 host beta's kernel is not for/);
  rig.world.change([{ type: "hosts", hosts: [GAMMA] }]);
  expect(await ask(token)).toBe("stay 300 there is no such host any more\n");
});

describe("with one canary, of a group of which two may restart at a time", () => {
  let rollouts: Rollouts;
  const group: Pick<Host, "group" | "rollout"> = {
    group: "nodes",
    rollout: { ...DEFAULT_POLICY, strategy: "canary" },
  };
  const beta: Host = { ...BETA, ...group };
  const gamma: Host = { ...GAMMA, ...group };

  /** Everybody gets the first one, and the newer one waits for a canary. */
  beforeEach(async () => {
    rig.restarting.max = 2;
    rig.world.change([{ type: "hosts", hosts: [beta, gamma] }]);
    rollouts = await startRollouts({ world: rig.world, store: rig.store });
    rig.world.record({ type: "published", image: "beta", generation: rig.generation });
  });
  afterEach(() => rollouts.close());

  async function publishNewer(): Promise<readonly [beta: string, gamma: string]> {
    const tokens = [bootOf(beta), bootOf(gamma)] as const;
    for (const token of tokens) await checkIn(token);
    publish(NEWER);
    rig.world.record({ type: "published", image: "beta", generation: NEWER });
    return tokens;
  }

  test("the one that is told to go has the place on the disk, and the other one stays", async () => {
    const tokens = await publishNewer();
    expect(await ask(tokens[0])).toBe(`go beta ${BETA_MAC}\n`);
    expect([...(await rig.store.load("rollout-trial"))]).toMatchObject([
      [BETA_MAC, { generation: "newer", place: "canary", state: "reserved" }],
    ]);
    expect(await ask(tokens[1])).toBe(
      `stay 300 it runs ${GENERATION.id}: newer is newer, and goes to its canaries first\n`,
    );
    expect(await ask(tokens[0])).toBe(`go beta ${BETA_MAC}\n`);
  });

  test("of those that ask in the same moment one goes, and the other one's turn is not used up", async () => {
    const tokens = await publishNewer();
    const answers = await Promise.all(tokens.map((token) => ask(token)));
    expect(answers.filter((answer) => answer.startsWith("go "))).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith("stay 300 it runs "))).toHaveLength(1);
    expect((await rig.store.load("kexec-turn")).size).toBe(1);
  });

  test("where a place cannot be kept nobody goes", async () => {
    const tokens = await publishNewer();
    const put = rig.store.put;
    rig.store.put = async (entries) => {
      if (entries.some(({ kind }) => kind === "rollout-trial")) throw new Error("the disk is full");
      return put(entries);
    };
    expect(await ask(tokens[0])).toBe(
      `stay 300 it runs ${GENERATION.id}: newer is newer, and waits until the state folder can be written\n`,
    );
    expect((await rig.store.load("kexec-turn")).size).toBe(0);
  });
});
