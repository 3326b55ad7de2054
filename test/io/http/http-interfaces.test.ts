/** Addresses that come and go while HTTP serves. */

import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { listenWhereAble } from "../../../src/io/http/listen-where-able.ts";
import { FILES, startHttpRig } from "../../support/http-rig.ts";

test("an address that comes is listened at, and a transfer at one that goes is finished", async () => {
  const rig = await startHttpRig();
  onTestFinished(() => rig.stop());
  const { server, generation, port } = rig;
  const first = { host: "127.0.0.1", port: 0 };
  const second = { host: "127.0.0.2", port };
  await server.setAddresses([first, second]);
  expect(server.addresses).toEqual([{ host: "127.0.0.1", port }, second]);

  const path = `/media/${generation.id}/initrd.zst`;
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  const reader = response.body?.getReader();
  await reader?.read();
  await server.setAddresses([second]);
  await expect(refused(port)).resolves.toBe("ECONNREFUSED");
  let rest = 0;
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    rest += part.value.length;
  }
  expect(rest).toBeGreaterThan(0);
  expect(await rig.event("transfer-ended")).toMatchObject({
    result: "complete",
    sizeBytes: FILES.get("initrd.zst")?.length,
  });
  expect((await fetch(`http://127.0.0.2:${port}/healthz`)).status).toBe(200);
});

test("an address that is not ours is told, and the others are listened at all the same", async () => {
  const rig = await startHttpRig();
  onTestFinished(() => rig.stop());
  const { server, port } = rig;
  const wanted = ["192.0.2.77", "127.0.0.2"].map((host) => ({ host, port }));
  await expect(server.setAddresses(wanted)).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  expect(server.addresses).toEqual([{ host: "127.0.0.2", port }]);
});

test("an address that has gone while the server started stops it neither beside others nor alone", async () => {
  const rig = await startHttpRig();
  onTestFinished(() => rig.stop());
  const { server, port } = rig;
  const [own, gone, other] = ["127.0.0.1", "192.0.2.77", "127.0.0.2"].map((host) => ({ host, port }));
  if (own === undefined || gone === undefined || other === undefined) throw new Error("want three");
  const lost = { hosts: [gone.host], error: { code: "EADDRNOTAVAIL" } };
  expect(await listenWhereAble(server, own, [gone, other])).toMatchObject(lost);
  expect(server.addresses.map(({ host }) => host)).toEqual([own.host, other.host]);
  expect(await listenWhereAble(server, own, [gone])).toMatchObject(lost);
  expect(await listenWhereAble(server, own, [other])).toBeUndefined();
});

test("a port that another program has at the only served address is fatal, at one of two it is told", async () => {
  const rig = await startHttpRig();
  onTestFinished(() => rig.stop());
  const { server, port } = rig;
  const holder = createServer().listen({ host: "127.0.0.3", port });
  await once(holder, "listening");
  onTestFinished(() => void holder.close());
  const [own, held, other] = ["127.0.0.1", "127.0.0.3", "127.0.0.2"].map((host) => ({ host, port }));
  if (own === undefined || held === undefined || other === undefined) throw new Error("want three");
  await expect(listenWhereAble(server, own, [held])).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(await listenWhereAble(server, own, [held, other])).toMatchObject({ hosts: ["127.0.0.3"] });
});

function refused(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(undefined));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}
