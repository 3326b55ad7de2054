/** Builds a LAN with a machine on it and waits: a program for tests to kill. */

import { startMachine } from "../../src/lab/machine.ts";
import { createLan } from "../../src/lab/network.ts";

const lan = await createLan();
const machine = await startMachine(lan, { firmware: "bios", mac: "52:54:00:77:07:01" });
console.log(`pids ${lan.switch.pid} ${lan.router.pid} ${lan.server.pid} ${lan.dhcp.pid} ${machine.pid}`);
await machine.ended;
