/** What the configuration may hold about messages: where they go, and which. */

import * as z from "zod";
import { isHostName } from "../boot/hosts.ts";
import { ALERT_KINDS } from "../boot/notify/alert.ts";
import { FORMATS, isWebAddress } from "../boot/notify/target.ts";
import { oneOrMore, text } from "./raw-parts.ts";

const WANT = {
  notify:
    "places that are told, by name, as in 'notify: { phone: { url: https://ntfy.sh/TOPIC, format: ntfy } }'",
  name: "a name: up to 64 letters, digits, '.', '_' and '-', the first one a letter or a digit",
  url: "an address with http or https, without a user's name, such as https://ntfy.sh/TOPIC",
  oneUrl: "one of 'url' and 'urlFile'",
  file: "the path of a file",
  format: FORMATS.join(", "),
  events: `${ALERT_KINDS.join(", ")}, or a list of them`,
  room: "the id of a room such as !opaque:example.org (its settings show it, under 'advanced')",
  matrix: "'room' and 'secretFile', with the access token, for Matrix",
  onlyMatrix: "'room' with 'format: matrix' alone",
  slack: "no 'secretFile' with 'format: slack', where the address itself is the secret: 'urlFile'",
  topic: "an address that ends in a topic such as https://ntfy.sh/TOPIC",
  hosts: "the name of a host, or a list of them",
  groups: "the name of a group, or a list of them",
  link: "an address with http or https such as https://mayfly.example.net",
} as const;

const SHAPE = {
  url: text(WANT.url, isWebAddress, "^https?://").nullish().describe("Where messages are sent."),
  urlFile: text(WANT.file)
    .nullish()
    .describe("A file that holds the address, relative to this one: for one that nobody else is to know."),
  format: z
    .enum(FORMATS, { error: WANT.format })
    .nullish()
    .describe(
      "json: all that is known, for a program. ntfy, slack, matrix: as these take it. Default: json.",
    ),
  events: oneOrMore(z.enum(ALERT_KINDS, { error: WANT.events }), WANT.events)
    .nullish()
    .describe("Which are sent. Default: all of them."),
  secretFile: text(WANT.file)
    .nullish()
    .describe(
      "A file, relative to this one, with the secret that json is signed with, or the access token for ntfy " +
        "and matrix. Default: none.",
    ),
  room: text(WANT.room, (value) => /^!\S+$/.test(value), "^!")
    .nullish()
    .describe("The id of a Matrix room."),
  hosts: oneOrMore(text(WANT.hosts, isHostName), WANT.hosts)
    .nullish()
    .describe("Only what is about these hosts, or about none. Default: all."),
  groups: oneOrMore(text(WANT.groups, isHostName), WANT.groups)
    .nullish()
    .describe("Only what is about hosts of these groups, or about none. Default: all."),
  link: text(WANT.link, isWebAddress, "^https?://")
    .nullish()
    .describe("Where a message leads, as a rule this server's dashboard. Default: nowhere."),
};

/** The keys of a place. */
export const NOTIFY_KEYS: readonly string[] = Object.keys(SHAPE);

const target = z
  .strictObject(SHAPE, { error: `keys of a place: ${NOTIFY_KEYS.join(", ")}` })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string) =>
      context.addIssue({ code: "custom", path: [key], message, input: value });
    const { url, urlFile, format, room, secretFile } = value;
    if ((url == null) === (urlFile == null)) refuse(url == null ? "url" : "urlFile", WANT.oneUrl);
    if (format === "matrix" && (room == null || secretFile == null))
      refuse(room == null ? "room" : "secretFile", WANT.matrix);
    if (format !== "matrix" && room != null) refuse("room", WANT.onlyMatrix);
    if (format === "slack" && secretFile != null) refuse("secretFile", WANT.slack);
    if (format === "ntfy" && url != null && !/^https?:\/\/[^/]+\/(.+\/)?[A-Za-z0-9_-]{1,64}\/?$/.test(url))
      refuse("url", WANT.topic);
  });

export type RawTarget = z.infer<typeof target>;

export const NOTIFY_SHAPE = {
  notify: z
    .record(
      z
        .string()
        .refine((name) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name), { error: WANT.name })
        .meta({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" }),
      target,
      { error: WANT.notify },
    )
    .nullish()
    .describe("Who is told of what happens, by a name of your choice. Default: nobody."),
};
