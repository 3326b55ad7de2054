/**
 * The question of `mayfly doctor --probe` alone, as a program that a test starts in a namespace.
 *
 * Its one argument is JSON: `{ arrivals, seconds, native }`. It prints what came of it as JSON.
 */

import { probeNetworks } from "../../src/io/doctor/probe-networks.ts";

const { arrivals, seconds, native } = JSON.parse(process.argv[2] ?? "{}");
console.log(JSON.stringify(await probeNetworks(arrivals, seconds, native)));
