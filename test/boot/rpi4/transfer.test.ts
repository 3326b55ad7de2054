import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  MAX_DOWNLOAD_BYTES,
  type Step,
  startTransfer,
  stepTransfer,
  type Transfer,
  type TransferEvent,
} from "../../../src/boot/rpi4/transfer.ts";

const ADDRESS = "https://example.org/release.zip";
const KEPT = { bytes: 40, validator: '"v1"' };

function response(status: number, headers: Readonly<Record<string, string>> = {}): TransferEvent {
  return { type: "response", head: { status, header: (name) => headers[name] } };
}

function ended(keptBytes: number, error?: string): TransferEvent {
  return { type: "ended", keptBytes, ...(error === undefined ? {} : { error }) };
}

/** The last effect of a download that met these events. */
function effectOf(start: Step, ...events: TransferEvent[]): Step[1] {
  return run(start, ...events)[1];
}

function run(start: Step, ...events: TransferEvent[]): Step {
  return events.reduce<Step>(([transfer], event) => stepTransfer(transfer, event), start);
}

const fresh = () => startTransfer(ADDRESS);
const resumed = () => startTransfer(ADDRESS, KEPT);

describe("the first request", () => {
  test("asks for the whole file, uncompressed", () => {
    expect(fresh()[1]).toEqual({ type: "request", url: ADDRESS, headers: { "accept-encoding": "identity" } });
  });

  test("goes on with what is kept, if it is still that file", () => {
    expect(resumed()[1]).toMatchObject({ headers: { range: "bytes=40-", "if-range": '"v1"' } });
  });
});

describe("an answer", () => {
  test("with the whole file is received from its beginning, whatever is kept", () => {
    expect(effectOf(resumed(), response(200, { "content-length": "100" }))).toEqual({
      type: "receive",
      atByte: 0,
      maxBytes: 100,
    });
  });

  test("with the rest is received behind what is kept", () => {
    const rest = response(206, { "content-range": "bytes 40-99/100" });
    expect(effectOf(resumed(), rest)).toEqual({ type: "receive", atByte: 40, maxBytes: 60 });
    expect(effectOf(resumed(), rest, ended(100))).toEqual({ type: "finish" });
  });

  test.each(["bytes 0-99/100", "bytes 41-99/100", "bytes 40-99/*", "nonsense", ""])(
    "with another part than was asked for (%s) is not believed, and the download starts over",
    (range) => {
      const [transfer, effect] = run(resumed(), response(206, { "content-range": range }));
      expect(effect.type).toBe("wait");
      expect(transfer.keptBytes).toBe(0);
    },
  );

  test("a part although the whole was asked for is not believed", () => {
    expect(effectOf(fresh(), response(206, { "content-range": "bytes 0-9/10" })).type).toBe("wait");
  });

  test("that all of it is kept ends the download", () => {
    expect(effectOf(resumed(), response(416, { "content-range": "bytes */40" }))).toEqual({ type: "finish" });
  });

  test("that less of it is there starts it over", () => {
    expect(run(resumed(), response(416, { "content-range": "bytes */30" }))[0].keptBytes).toBe(0);
  });

  test("that is a web page is no file", () => {
    const page = response(200, { "content-type": "text/html; charset=utf-8" });
    expect(effectOf(fresh(), page)).toMatchObject({
      type: "fail",
      reason: expect.stringContaining("a web page (text/html)"),
    });
  });

  test("that there is no such file ends the download", () => {
    expect(effectOf(fresh(), response(404))).toMatchObject({
      type: "fail",
      reason: expect.stringContaining("answered 404"),
    });
  });

  test("of a server in trouble is tried again, five times, each time later", () => {
    let step = fresh();
    const waits: unknown[] = [];
    for (let round = 0; round < 6; round++) {
      step = stepTransfer(step[0], response(503));
      waits.push(step[1].type === "wait" ? step[1].ms : step[1].type);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, "fail"]);
  });

  test("that announces more than any release has is refused before a byte is read", () => {
    const huge = response(200, { "content-length": String(MAX_DOWNLOAD_BYTES + 1) });
    expect(effectOf(fresh(), huge)).toMatchObject({
      type: "fail",
      reason: expect.stringContaining("more than any release"),
    });
  });
});

describe("a redirect", () => {
  test("is followed, with the same headers", () => {
    expect(effectOf(resumed(), response(302, { location: "/other/release.zip" }))).toMatchObject({
      type: "request",
      url: "https://example.org/other/release.zip",
      headers: { range: "bytes=40-" },
    });
  });

  test.each(["http://example.org/release.zip", "file:///etc/passwd", "data:text/plain,x", "https://[", ""])(
    "from https to '%s' is not followed",
    (location) => {
      const effect = effectOf(fresh(), response(302, { location }));
      // An empty one leads back to the same address, which is no way down.
      expect(effect.type).toBe(location === "" ? "request" : "fail");
    },
  );

  test("without a place to go is a failure, and a circle has an end", () => {
    expect(effectOf(fresh(), response(302)).type).toBe("fail");
    const circle = Array.from({ length: 6 }, () => response(302, { location: ADDRESS }));
    expect(effectOf(fresh(), ...circle)).toMatchObject({
      type: "fail",
      reason: "the server sends us in a circle",
    });
  });
});

describe("the end of a body", () => {
  const whole = response(200, { "content-length": "100", etag: '"v1"' });

  test("at its length finishes", () => {
    expect(effectOf(fresh(), whole, ended(100))).toEqual({ type: "finish" });
  });

  test("before it waits, and goes on behind what is kept", () => {
    const [transfer, effect] = run(fresh(), whole, ended(70, "socket hang up"));
    expect(effect).toEqual({ type: "wait", ms: 1000 });
    expect(transfer).toMatchObject({ keptBytes: 70, validator: '"v1"' });
  });

  test("before it without a strong validator starts over: nobody could tell whether it is the same file", () => {
    for (const headers of [{}, { etag: 'W/"v1"' }]) {
      const started = run(fresh(), response(200, { "content-length": "100", ...headers }));
      expect(run(started, ended(70))[0].keptBytes).toBe(0);
    }
  });

  test("behind it is a lie, and nothing of it is worth keeping", () => {
    expect(effectOf(fresh(), whole, ended(101))).toMatchObject({ type: "fail", discard: true });
  });

  test("of a body of unknown length is the end, if nothing went wrong", () => {
    expect(effectOf(fresh(), response(200), ended(70))).toEqual({ type: "finish" });
    expect(effectOf(fresh(), response(200), ended(70, "reset")).type).toBe("wait");
  });

  test("with progress forgets the failures before it", () => {
    const lost = Array.from({ length: 5 }, () => ended(0, "refused"));
    expect(run(fresh(), ...lost, whole, ended(1, "reset"))[0].failures).toBe(1);
  });
});

test("any events end in an effect, and no more is kept than was announced", () => {
  const header = fc.record(
    {
      "content-length": fc.oneof(fc.nat().map(String), fc.string()),
      "content-range": fc.oneof(
        fc.tuple(fc.nat(), fc.nat(), fc.nat()).map(([a, b, c]) => `bytes ${a}-${b}/${c}`),
        fc.string(),
      ),
      etag: fc.oneof(fc.constant('"v1"'), fc.string()),
      location: fc.webUrl(),
    },
    { requiredKeys: [] },
  );
  const event = fc.oneof(
    fc
      .tuple(fc.constantFrom(200, 206, 301, 416, 404, 500), header)
      .map(([status, headers]) => response(status, headers)),
    fc.nat(200).map((bytes) => ended(bytes, "reset")),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 12 }), (events) => {
      let transfer: Transfer = resumed()[0];
      for (const each of events) {
        const [next, effect] = stepTransfer(transfer, each);
        if (effect.type === "finish" && next.totalBytes !== undefined)
          expect(next.keptBytes).toBe(next.totalBytes);
        if (effect.type === "receive") expect(effect.maxBytes).toBeLessThanOrEqual(MAX_DOWNLOAD_BYTES);
        transfer = next;
      }
    }),
  );
});
