/** Who may see and steer a server, and where it is asked. */

import * as z from "zod";
import { list, text } from "./raw-parts.ts";
import { isAdminName, parseSocketAddress } from "./values.ts";

export const ADMIN_WANT = {
  admin:
    "an address of this machine and a port such as 127.0.0.1:8081 or 192.0.2.10:8081 (0.0.0.0: all addresses)",
  adminNames: "a list of names such as [mayfly.example.net]",
  adminName: "a host's name such as mayfly.example.net, without a port",
  adminToken: "remote or always",
} as const;

export const ADMIN_SHAPE = {
  admin: text(ADMIN_WANT.admin, (value) => parseSocketAddress(value) !== undefined, ":[0-9]{1,5}$")
    .nullish()
    .describe(
      "Address and port of the admin plane. At another address than loopback whoever asks needs a token, and it " +
        "listens on 127.0.0.1 too. Default: 127.0.0.1:8081.",
    ),
  adminNames: list(text(ADMIN_WANT.adminName, isAdminName), ADMIN_WANT.adminNames)
    .nullish()
    .describe(
      "Names by which the admin plane is asked from elsewhere, or by a proxy that speaks TLS for it. Default: " +
        "none; its addresses will do.",
    ),
  adminToken: z
    .enum(["remote", "always"], { error: ADMIN_WANT.adminToken })
    .nullish()
    .describe(
      "Who needs a token. remote: whoever asks from elsewhere. always: the users and proxies of this machine " +
        "too. Default: remote.",
    ),
};
