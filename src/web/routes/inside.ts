/** `/hosts/{name}/inside`: what a person wants to know of an image without booting it. */

import type { Service } from "../../boot/history/service.ts";
import { initOf } from "../../boot/history/system-name.ts";
import { splitParameters } from "../../boot/history/word-diff.ts";
import { redact } from "../events/redact.ts";
import { imageOf, latest, recordOf } from "../find-record.ts";
import { jsonRoute, type Route } from "../route.ts";
import { hostParams } from "../schema/identity.ts";
import { inside, insideQuery } from "../schema/inside.ts";

export const INSIDE_ROUTES: readonly Route[] = [
  jsonRoute({
    method: "get",
    path: "/hosts/{name}/inside",
    scope: "read",
    summary: "Tells what is in a generation: what the kernel starts, its parameters, the services.",
    params: hostParams,
    query: insideQuery,
    answers: inside,
    async answer({ params: { name }, query }, admin) {
      const found = await imageOf(name, admin);
      const { generation } = query;
      const record =
        generation === undefined
          ? await latest(name, found, admin)
          : await recordOf(found, generation, admin);
      const answer = await admin.generations.services(record, name);
      const { image, number, id, path, kernelVersion, kernelParams, nixosVersion, label } = record;
      const init = initOf(kernelParams);
      return {
        ...{ image, number, id, path },
        ...(kernelVersion === undefined ? {} : { kernel: kernelVersion }),
        ...(init === undefined ? {} : { init }),
        ...(nixosVersion === undefined ? {} : { nixos: nixosVersion }),
        ...(label === undefined ? {} : { label }),
        parameters: splitParameters(kernelParams),
        ...(answer.type === "known"
          ? { services: answer.services.map(viewService) }
          : { untold: redact(answer.reason), ...(answer.cure === undefined ? {} : { cure: answer.cure }) }),
      };
    },
  }),
];

function viewService({ name, description, commands, wantedBy }: Service) {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    commands: [...commands],
    wantedBy: [...wantedBy],
  };
}
