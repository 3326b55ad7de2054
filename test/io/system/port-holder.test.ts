import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { explainPort, portHolders, processName, socketInodes } from "../../../src/io/system/port-holder.ts";

test("a UDP port in use names the process that has it", async () => {
  const first = createSocket("udp4").bind(0, "127.0.0.1");
  onTestFinished(() => void first.close());
  await once(first, "listening");
  const { port } = first.address();

  const second = createSocket("udp4");
  onTestFinished(() => void second.close());
  const failed = once(second, "error");
  second.bind(port, "127.0.0.1");
  const [error] = await failed;

  const advice = await explainPort({ protocol: "udp", port, purpose: "tftp" }, error);
  expect(advice.text).toMatch(
    new RegExp(`^UDP port ${port} \\(TFTP\\) is in use by .+ \\(process ${process.pid}\\)$`),
  );
  const wrapped = new Error("cannot serve TFTP", { cause: error });
  expect(await explainPort({ protocol: "udp", port, purpose: "tftp" }, wrapped)).toEqual(advice);
});

test("a TCP port in use names the process that listens, on IPv6 too", async () => {
  const server = createServer().listen(0, "::1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  expect(await portHolders({ protocol: "tcp", port, purpose: "http" })).toEqual([
    expect.objectContaining({ pid: process.pid }),
  ]);
});

test("a port that nobody has has no holder", async () => {
  expect(await portHolders({ protocol: "udp", port: 1, purpose: "dhcp" })).toEqual([]);
});

test("only sockets of the port count, and for TCP only those that listen", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
    "  12: 00000000:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0",
    "  13: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0",
    "  14: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 2 0000000000000000 0",
    "  15: 00000000:1F90 00000000:0000 06 00000000:00000000 00:00000000 00000000     0        0 0 2 0000000000000000 0",
    "",
  ].join("\n");
  expect(socketInodes(table, 69, false)).toEqual(["4711"]);
  expect(socketInodes(table, 8080, true)).toEqual(["4713"]);
  expect(socketInodes("", 69, false)).toEqual([]);
});

test.each([
  ["dnsmasq", "/usr/sbin/dnsmasq\0-k\0", "dnsmasq"],
  ["MainThread", "/usr/bin/node\0--no-warnings\0/opt/mayfly/bin/mayfly.js\0serve\0", "node mayfly.js"],
  ["python3", "python3\0-m\0http.server\0", "python3 http.server"],
  ["nginx", "nginx: master process /usr/sbin/nginx\0", "nginx"],
  ["kworker", "", "kworker"],
  ["", "", "a process"],
])("a process with comm %j and command line %j is called %j", (comm, commandLine, name) => {
  expect(processName(comm, commandLine)).toBe(name);
});
