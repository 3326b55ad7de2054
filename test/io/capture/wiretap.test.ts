import { afterEach, expect, test, vi } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import type { CaptureSink } from "../../../src/io/capture/recorder.ts";
import { createWiretap } from "../../../src/io/capture/wiretap.ts";
import { createWorld } from "../../../src/io/world.ts";
import { concat } from "../../../src/wire/bytes.ts";
import { createBlockCounter } from "../../../src/wire/pcap/block-counter.ts";
import { decodeCapture } from "../../../src/wire/pcap/capture.ts";
import { decodeTransport } from "../../../src/wire/pcap/transport.ts";

const MAC = "52:54:00:12:34:56";
const OTHER = "52:54:00:00:00:02";
const own = { address: "10.0.0.1", port: 40_000 };
const peer = { address: "10.0.0.7", port: 2070 };
const TOKEN = "A".repeat(64);

afterEach(() => vi.useRealTimers());

function rig(waitingBytes = () => 0) {
  vi.useFakeTimers();
  const world = createWorld();
  const holders = new Map<string, string>();
  const tapper = createWiretap({ world, whose: (address) => holders.get(address), ownMacs: () => new Map() });
  const sent: Uint8Array[] = [];
  const ended = vi.fn();
  const sink: CaptureSink = { send: (bytes) => void sent.push(bytes), waitingBytes, end: ended };
  return { world, holders, ...tapper, sink, ended, file: () => concat(sent) };
}

const text = (value: string) => new TextEncoder().encode(value);
const data = (block: number, content: Uint8Array) =>
  concat([Uint8Array.of(0, 3, block >> 8, block), content]);

/** What programs sent, as the file has it. */
function payloads(file: Uint8Array): string[] {
  return decodeCapture(file).packets.map(({ bytes, link }) => {
    const sent = decodeTransport(bytes, link);
    return sent === undefined || sent.type === "port-unreachable"
      ? ""
      : new TextDecoder().decode(sent.payload);
  });
}

const started = (mac: string, at = peer): BootEvent => ({
  ...{ type: "transfer-started", via: "tftp", mac, peer: at, path: "autoexec.ipxe", sizeBytes: 1 },
});

test("nobody taps the wire but while somebody records", () => {
  const { wire, record, sink, ended } = rig();
  expect(wire.tap).toBeUndefined();
  const began = vi.fn();
  wire.onBegin(began);
  const stop = record({ mac: MAC, isWhole: false }, sink);
  expect([wire.tap === undefined, began.mock.calls.length]).toEqual([false, 1]);
  stop?.();
  stop?.();
  expect([wire.tap, ended.mock.calls.length]).toEqual([undefined, 1]);
});

test("what came before anybody knew whose it was is recorded when an event tells, with the event's line", () => {
  const { wire, record, sink, file, world } = rig();
  const stop = record({ mac: MAC, isWhole: false }, sink);
  wire.tap?.datagram("tftp", { peer, own }, text("first"), false);
  wire.tap?.datagram("tftp", { peer: { ...peer, port: 9 }, own }, text("another's"), false);
  world.record(started(MAC));
  wire.tap?.datagram("tftp", { peer, own }, text("second"), true);
  stop?.();
  expect(payloads(file())).toEqual(["first", "second"]);
  const [packet] = decodeCapture(file()).packets;
  expect(packet?.comments?.join()).toMatch(/fetches autoexec\.ipxe by tftp/);
});

test("another machine's packets are left out, by its address and by its DHCP", () => {
  const { wire, record, sink, file, holders } = rig();
  holders.set(peer.address, OTHER);
  const stop = record({ mac: MAC, isWhole: true }, sink);
  wire.tap?.datagram("tftp", { peer, own }, text("no"), false);
  const discover = new Uint8Array(300);
  discover.set([1, 1, 6]);
  discover.set([0x52, 0x54, 0, 0, 0, 2], 28);
  wire.tap?.datagram("dhcp", { peer: { address: "0.0.0.0", port: 68 }, own }, discover, false);
  discover.set([0x52, 0x54, 0, 0x12, 0x34, 0x56], 28);
  wire.tap?.datagram("dhcp", { peer: { address: "0.0.0.0", port: 68 }, own }, discover, false);
  stop?.();
  expect(payloads(file()).length).toBe(1);
});

test.each([true, false])(
  "a token that lies in two blocks of a file is struck, with the files whole: %s",
  (isWhole) => {
    const { wire, record, sink, file, holders } = rig();
    holders.set(peer.address, MAC);
    const stop = record({ mac: MAC, isWhole }, sink);
    const script = text(`${"-".repeat(480)}http://10.0.0.1/checkin/${TOKEN} quiet`.padEnd(1024, "-"));
    const blocks = [script.subarray(0, 512), script.subarray(512)].map((part, i) => data(i + 1, part));
    // The second one is sent again, as after a loss.
    for (const block of [...blocks, ...blocks.slice(1)])
      wire.tap?.datagram("tftp", { peer, own }, block, true);
    stop?.();
    const bytes = new TextDecoder("latin1").decode(file());
    expect(bytes).toContain("checkin");
    expect(bytes).not.toMatch(/A{4}/);
    expect(bytes).toMatch(isWhole ? /x quiet-{100}/ : /x qui/);
  },
);

test("who reads nothing loses packets, and the file says how many", () => {
  const waiting = { bytes: 0 };
  const { wire, record, sink, file, holders } = rig(() => waiting.bytes);
  holders.set(peer.address, MAC);
  const stop = record({ mac: MAC, isWhole: true }, sink);
  waiting.bytes = 64 * 1024 * 1024;
  const large = data(1, new Uint8Array(1400));
  for (let i = 0; i < 2000; i++) wire.tap?.datagram("tftp", { peer, own }, large, true);
  vi.advanceTimersByTime(200);
  waiting.bytes = 0;
  wire.tap?.datagram("tftp", { peer, own }, text("after"), true);
  stop?.();
  const counter = createBlockCounter();
  counter.take(file());
  expect([counter.packets(), counter.dropped()]).toEqual([1, 2000]);
  expect(decodeCapture(file()).packets[0]?.comments?.join()).toMatch(/2000 packets were lost/);
});

test("it ends by itself: after the time, or when the boot is over", () => {
  const { record, sink, ended, world } = rig();
  record({ mac: MAC, isWhole: false, seconds: 5 }, sink);
  const times = { startMs: 0, lastMs: 0 };
  const session = {
    id: "0loyw3v28-a1b2c3",
    mac: MAC,
    via: "netboot",
    ...times,
    scripts: 1,
    steps: [],
  } as const;
  const tell = (outcome: "under-way" | "handed-over" | "checked-in") =>
    world.record({ type: "session", change: "ended", session: { ...session, outcome } });
  tell("checked-in");
  vi.advanceTimersByTime(4900);
  expect(ended).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  expect(ended).toHaveBeenCalledTimes(1);

  record({ mac: MAC, isWhole: false }, sink);
  tell("handed-over");
  vi.advanceTimersByTime(20_000);
  // It goes on after all.
  tell("under-way");
  vi.advanceTimersByTime(60_000);
  expect(ended).toHaveBeenCalledTimes(1);
  tell("checked-in");
  vi.advanceTimersByTime(2100);
  expect(ended).toHaveBeenCalledTimes(2);
});
