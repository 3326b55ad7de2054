/** `/status`: how the server is. */

import { namedHost } from "../../boot/decide.ts";
import { generationFor } from "../../boot/rollout/choose-generation.ts";
import { jsonRoute, type Route } from "../route.ts";
import { status } from "../schema/status.ts";

export const STATUS_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/status",
    scope: "read",
    summary: "Tells what is served where, since when, and how much there is of everything.",
    answers: status,
    async answer({ by }, admin) {
      const [serving, machines] = await Promise.all([admin.status(), admin.machines.list()]);
      const world = admin.snapshot();
      const hosts = [...world.hosts.values()];
      return {
        ...serving,
        uptimeSeconds: Math.max(0, Math.floor((Date.now() - Date.parse(serving.started)) / 1000)),
        counts: {
          hosts: hosts.length,
          ready: hosts.filter((host) => generationFor(host, host.macs[0], world) !== undefined).length,
          machines: machines.length,
          unknown: machines.filter((machine) => namedHost(machine, world) === undefined).length,
          generations: world.generations.size,
        },
        you: { name: by.name, scope: by.scope },
      };
    },
  }),
];
