/** Names of machines and hosts in the paths and bodies of the API. */

import * as z from "zod";
import { isHostName } from "../../boot/hosts.ts";
import { parseMac } from "../../wire/net/mac.ts";

/** In any spelling that people use; read as it is spelt inside. */
export const mac = z.string().transform((text, context) => {
  const parsed = parseMac(text);
  if (parsed === undefined) context.addIssue("want a MAC address of one machine such as 52:54:00:12:34:56");
  return parsed ?? z.NEVER;
});

export const macParams = z.object({ mac });

export const hostName = z
  .string()
  .refine(
    isHostName,
    "want a host's name: letters, digits, '.', '_' and '-', the first one a letter or a digit",
  );

export const hostParams = z.object({ name: hostName });
