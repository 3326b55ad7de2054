import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HttpRig, startHttpRig } from "../../support/http-rig.ts";
import { BETA, BETA_MAC } from "../../support/worlds.ts";

let rig: HttpRig;
beforeAll(async () => {
  rig = await startHttpRig({ headTimeoutMs: 300 });
});
afterAll(() => rig.stop());
beforeEach(() => rig.clearEvents());

function begin(): string {
  return rig.checkIns.beginBoot({ mac: BETA_MAC, host: BETA, generation: rig.generation }).checkIn ?? "";
}

const post = (token: string, body?: RequestInit["body"], headers: Record<string, string> = {}) =>
  fetch(`${rig.base}/checkin/${token}`, { method: "POST", headers, ...(body == null ? {} : { body }) });

/** Sends what a polite client would not, and collects what comes back until the connection ends. */
function raw(...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect(rig.port, "127.0.0.1").on("error", () => {});
  for (const part of parts) socket.write(part);
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (data) => {
      text += data;
    });
    socket.on("close", () => resolve(text));
  });
}

const head = (token: string, ...lines: readonly string[]) =>
  [`POST /checkin/${token} HTTP/1.1`, "Host: mayfly", ...lines, "", ""].join("\r\n");

const refusals = () =>
  rig.events.flatMap((event) => (event.type === "check-in-refused" ? [event.reason] : []));

describe("a check-in", () => {
  test("is answered 204 without a body once it is kept, and told", async () => {
    const response = await post(begin(), new URLSearchParams({ kernel: "6.12.9", failedUnits: "a.service" }));
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    expect(response.headers.get("content-length")).toBeNull();
    expect(rig.events).toMatchObject([
      {
        type: "checked-in",
        mac: BETA_MAC,
        host: "beta",
        checkIn: { kernel: "6.12.9", failedUnits: ["a.service"] },
      },
    ]);
  });

  test("may say nothing but that the node is up", async () => {
    expect((await post(begin())).status).toBe(204);
  });

  test("comes with the token of the machine's script", async () => {
    const script = await (await fetch(`${rig.base}/netboot.ipxe?mac=${BETA_MAC}&arch=x86_64`)).text();
    const url = /mayfly\.checkin=(\S+)/.exec(script)?.[1] ?? "";
    expect(url).toMatch(new RegExp(`^${rig.base}/checkin/[A-Za-z0-9_-]{64}$`));
    expect((await fetch(url, { method: "POST" })).status).toBe(204);
    const [asked, told] = rig.events;
    expect(asked).toMatchObject({ type: "script", bootId: expect.any(String) });
    expect(told).toMatchObject({ type: "checked-in", bootId: asked?.type === "script" ? asked.bootId : "" });
  });

  test("is refused the second time, in one line", async () => {
    const token = begin();
    await post(token);
    const again = await post(token);
    expect(again.status).toBe(409);
    expect(await again.text()).toBe("token-used: this boot has checked in already\n");
    expect(refusals()).toEqual(["token-used"]);
  });

  test("is refused with a token that is none, from another machine, or with a report that is none", async () => {
    expect((await post("A".repeat(64))).status).toBe(403);
    rig.addressOf.set("127.0.0.1", "52:54:00:99:99:99");
    rig.checkIns.beginBoot({ mac: "52:54:00:99:99:99", host: BETA, generation: rig.generation });
    expect((await post(begin())).status).toBe(403);
    rig.addressOf.clear();
    const token = begin();
    expect((await post(token, "{")).status).toBe(400);
    expect(refusals()).toEqual(["token-wrong", "token-foreign", "report-unreadable"]);
    expect((await post(token, "{}")).status).toBe(204);
  });

  test.each(["GET", "HEAD", "PUT", "DELETE"])("is no %s", async (method) => {
    const response = await fetch(`${rig.base}/checkin/${begin()}`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
  });

  test("never has its token in what is told", async () => {
    const token = begin();
    for (const method of ["GET", "POST", "POST"]) await fetch(`${rig.base}/checkin/${token}?x`, { method });
    await fetch(`${rig.base}/%63heckin/${token}`);
    await fetch(`${rig.base}/checkin/${token}/more`, { method: "POST" });
    expect(rig.events).toHaveLength(5);
    expect(JSON.stringify(rig.events)).not.toContain(token.slice(0, 20));
  });
});

describe("a report that is too large", () => {
  const MANY = 100 * 1024 * 1024;

  test("is refused by what it says of its size, before a byte of it was sent", async () => {
    const token = begin();
    const answer = await raw(head(token, `Content-Length: ${MANY}`));
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close[\s\S]*report-too-large: /);
    expect(refusals()).toEqual(["report-too-large"]);
    expect((await post(token)).status).toBe(204);
  });

  test("is not asked for when the client asks first", async () => {
    const answer = await raw(head(begin(), `Content-Length: ${MANY}`, "Expect: 100-continue"));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("is refused where it goes on and on without saying its size", async () => {
    const chunk = `4000\r\n${"x".repeat(0x4000)}\r\n`;
    const answer = await raw(head(begin(), "Transfer-Encoding: chunked"), chunk.repeat(5));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("may have 65536 bytes", async () => {
    expect((await post(begin(), "x".repeat(65_536))).status).toBe(204);
    expect((await post(begin(), "x".repeat(65_537))).status).toBe(413);
  });

  test("is not looked at with a token that does not count", async () => {
    const answer = await raw(head("A".repeat(64), `Content-Length: ${MANY}`));
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe("a report that comes slowly", () => {
  test("is cut off, and its token stays as good as it was", async () => {
    const token = begin();
    expect(await raw(head(token, "Content-Length: 10"), "kernel")).toMatch(/^HTTP\/1\.1 408 /);
    await expect.poll(refusals).toEqual(["report-cut-off"]);
    expect((await post(token)).status).toBe(204);
  });

  test("is waited for when the client asks first whether it is wanted", async () => {
    const socket = connect(rig.port, "127.0.0.1");
    socket.write(head(begin(), "Content-Length: 8", "Expect: 100-continue", "Connection: close"));
    const text = await new Promise<string>((resolve) => {
      let received = "";
      socket.on("data", (data) => {
        received += data;
        if (received.startsWith("HTTP/1.1 100") && !received.includes("204")) socket.write("kernel=6");
      });
      socket.on("close", () => resolve(received));
    });
    expect(text).toContain("HTTP/1.1 204");
    expect(rig.events).toMatchObject([{ type: "checked-in", checkIn: { kernel: "6" } }]);
  });
});
