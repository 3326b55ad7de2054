/** `mayfly capture` against a running server: HTTP as its sockets have it, also what is garbage. */

import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CaptureOptions, capture } from "../../src/commands/capture.ts";
import { decodeCapture } from "../../src/wire/pcap/capture.ts";
import { decodeTransport } from "../../src/wire/pcap/transport.ts";
import { type AdminRig, startAdminRig } from "../support/admin-rig.ts";

const MAC = "52:54:00:12:34:56";
let rig: AdminRig;
let folder: string;
beforeAll(async () => {
  rig = await startAdminRig();
  folder = mkdtempSync(join(tmpdir(), "mayfly-capture-"));
});
afterAll(async () => {
  await rig.stop();
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly said: readonly string[];
  readonly file: string;
  /** Waits for its end; gives what each side sent, in the order of the file. */
  end(): Promise<readonly string[]>;
}

async function begin(name: string, more: Partial<CaptureOptions> = {}): Promise<Running> {
  const file = join(folder, name);
  const said: string[] = [];
  const began = Promise.withResolvers<void>();
  const over = capture(rig.request, {
    ...{ mac: MAC, out: file, full: false, signal: new AbortController().signal },
    say(line) {
      said.push(line);
      began.resolve();
    },
    ...more,
  });
  await Promise.race([began.promise, over]);
  return {
    said,
    file,
    async end() {
      await over;
      return decodeCapture(readFileSync(file)).packets.flatMap(({ bytes, link }) => {
        const sent = decodeTransport(bytes, link);
        return sent?.type === "tcp" && sent.payload.length > 0
          ? [new TextDecoder().decode(sent.payload)]
          : [];
      });
    },
  };
}

/** Sends bytes to the boot plane and waits until the connection has ended. */
function say(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(rig.app.served.httpPort, "127.0.0.1", () => socket.write(text));
    socket.on("error", reject).on("close", () => resolve());
    socket.resume();
  });
}

test("a script is recorded with its request, though nobody knew the address before", async () => {
  const running = await begin("script.pcapng", { seconds: "1" });
  await rig.script(MAC);
  await rig.script("52:54:00:00:00:99");
  const said = await running.end();
  expect(said[0]).toMatch(/^GET \/netboot\.ipxe\?mac=52:54:00:12:34:56 HTTP\/1\.1\r\n/);
  expect(said.slice(1).join("")).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*#!ipxe\n/);
  expect(running.said.at(-1)).toMatch(/packets\. 'mayfly explain /);
  // It may hold what others need not see.
  expect(statSync(running.file).mode & 0o077).toBe(0);
});

test("what Node's parser refuses is recorded too, of an address that was asked for", async () => {
  const running = await begin("garbage.pcapng", { seconds: "1", address: "127.0.0.1" });
  await say("GARBAGE\r\n\r\n");
  const said = await running.end();
  expect(said[0]).toBe("GARBAGE\r\n\r\n");
  expect(said[1]).toMatch(/^HTTP\/1\.1 400 Bad Request/);
});

test("of a machine that says nothing there is an empty file, and a word about it", async () => {
  const written: unknown[] = [];
  const running = await begin("empty.pcapng", { seconds: "1", done: (each) => written.push(each) });
  expect(await running.end()).toEqual([]);
  expect(written).toEqual([{ file: running.file, packets: 0, lost: 0 }]);
  expect(running.said.at(-1)).toContain("0 packets. Nothing was heard of this machine.");
});

test.each([
  [{ mac: "52:54" }, /MAC/],
  [{ seconds: "soon" }, /seconds/],
  [{ address: "here" }, /address/],
  [{ out: "/dev/null/x.pcapng" }, /--out/],
] as const)("a slip is told at once: %j", async (more, said) => {
  await expect(begin("slip.pcapng", more)).rejects.toThrow(said);
});
