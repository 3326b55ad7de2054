/**
 * A server with a rack of hosts that have booted for weeks, and of which some boot now, for who looks at the
 * dashboard. It ends with Ctrl-C and leaves nothing.
 *
 * Usage: npx node scripts/show-rack.ts [HOSTS] [PORT] [BOOTS]
 */

import { startRack } from "../test/support/rack.ts";

const HOSTS = Number(process.argv[2] ?? 36);
const PORT = Number(process.argv[3] ?? 8081);
const BOOTS = Number(process.argv[4] ?? 14);
const SLOW = 8_000_000;

const rack = await startRack({ hosts: HOSTS, bootsOfEach: BOOTS, adminPort: PORT });
console.log(`http://127.0.0.1:${rack.rig.app.served.admin?.port}`);
const boots = [5, 12, 13].map((number, index) => rack.boot(number, SLOW * (index + 1)));
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
await Promise.all(boots);

async function stop(): Promise<void> {
  await rack.rig.stop();
  process.exit();
}
