/** A message as a request: what each service wants to read, within its limits. Pure. */

import type { Alert } from "./alert.ts";
import type { Message } from "./message.ts";
import type { Target } from "./target.ts";

/** Everything but the signature, which needs the time of sending. */
export interface MessageRequest {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the files of a target hold, read when it is sent; and how a time is written. */
export interface RequestMeans {
  readonly url: string;
  readonly secret?: string;
  /** Milliseconds since the epoch as ISO 8601 has them. */
  readonly isoTime: (ms: number) => string;
}

/** ntfy makes an attachment of more than 4,096 bytes. */
const NTFY_BYTES = 3_900;
/** Slack's, in characters. */
const SLACK_HEADER = 150;
const SLACK_SECTION = 2_900;
const MATRIX_BYTES = 16_000;

/** @throws Error with the cure where the address will not do */
export function requestOf(target: Target, message: Message, means: RequestMeans): MessageRequest {
  const json = { "Content-Type": "application/json" };
  const { url, secret } = means;
  const bearer = secret === undefined ? {} : { Authorization: `Bearer ${secret}` };
  switch (target.format) {
    case "json": {
      const headers = { ...json, "X-Mayfly-Event": message.kind, "X-Mayfly-Delivery": message.id };
      return {
        method: "POST",
        url,
        headers,
        body: JSON.stringify(jsonBody(message, target.link, means.isoTime)),
      };
    }
    case "ntfy": {
      const { server, topic } = ntfyPlace(url);
      const body = JSON.stringify(ntfyBody(topic, message, target.link));
      return { method: "POST", url: server, headers: { ...json, ...bearer }, body };
    }
    case "slack":
      return { method: "POST", url, headers: json, body: JSON.stringify(slackBody(message, target.link)) };
    case "matrix": {
      const room = encodeURIComponent(target.room ?? "");
      const path = `_matrix/client/v3/rooms/${room}/send/m.room.message/${encodeURIComponent(message.id)}`;
      const place = `${url.replace(/\/+$/, "")}/${path}`;
      const body = JSON.stringify(matrixBody(message, target.link));
      return { method: "PUT", url: place, headers: { ...json, ...bearer }, body };
    }
  }
}

function jsonBody(message: Message, link: string | undefined, isoTime: RequestMeans["isoTime"]) {
  const { id, kind, atMs, mood, title, lines, count, alerts } = message;
  return {
    ...{ version: 1, id, event: kind, at: isoTime(atMs), mood, title, text: lines.join("\n"), count },
    ...(link === undefined ? {} : { link }),
    alerts: alerts.map((alert) => alertBody(alert, isoTime)),
  };
}

function alertBody(alert: Alert, isoTime: RequestMeans["isoTime"]) {
  const { key: _key, lasts: _lasts, kind: _kind, atMs, isOver, ...rest } = alert;
  return { at: isoTime(atMs), over: isOver === true, ...rest };
}

/**
 * The server and the topic of an address such as `https://ntfy.sh/TOPIC`.
 *
 * Published as JSON to the server itself: a header could hold no title beyond ASCII.
 */
function ntfyPlace(url: string): { readonly server: string; readonly topic: string } {
  const [, server, topic] = /^(https?:\/\/.+?\/(?:.+\/)?)([A-Za-z0-9_-]{1,64})\/?$/.exec(url) ?? [];
  if (server === undefined || topic === undefined)
    throw new Error("the address names no topic; it is to be like https://ntfy.sh/TOPIC");
  return { server, topic };
}

const NTFY_TAGS = { bad: "rotating_light", news: "information_source", good: "white_check_mark" } as const;
/** 1 to 5, of which 3 is the usual one. */
const NTFY_PRIORITY = { bad: 4, news: 3, good: 2 } as const;

function ntfyBody(topic: string, { kind, mood, title, lines }: Message, link: string | undefined) {
  return {
    ...{ topic, title, message: clipBytes(lines.join("\n"), NTFY_BYTES) },
    priority: NTFY_PRIORITY[mood],
    tags: [NTFY_TAGS[mood], kind],
    ...(link === undefined ? {} : { click: link }),
  };
}

const SLACK_SIGN = {
  bad: ":rotating_light:",
  news: ":information_source:",
  good: ":white_check_mark:",
} as const;

function slackBody({ mood, title, lines }: Message, link: string | undefined) {
  const text = clip(slackText(lines.join("\n")), SLACK_SECTION);
  const more = link === undefined ? "" : `\n<${slackText(link)}|Mayfly>`;
  const plain = { type: "plain_text", text: clip(`${SLACK_SIGN[mood]} ${title}`, SLACK_HEADER), emoji: true };
  return {
    // What notifications show, where blocks are not.
    text: `${SLACK_SIGN[mood]} ${clip(slackText(title), SLACK_HEADER)}`,
    blocks: [
      { type: "header", text: plain },
      { type: "section", text: { type: "mrkdwn", text: `${text}${more}` } },
    ],
  };
}

/** The three characters that mean something to Slack. */
function slackText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function matrixBody({ title, lines }: Message, link: string | undefined) {
  const text = clipBytes(lines.join("\n"), MATRIX_BYTES);
  const html = text.split("\n").map(htmlText).join("<br>");
  const more = link === undefined ? "" : `<br><a href="${htmlText(link)}">Mayfly</a>`;
  return {
    msgtype: "m.text",
    body: `${title}\n${text}${link === undefined ? "" : `\n${link}`}`,
    format: "org.matrix.custom.html",
    formatted_body: `<strong>${htmlText(title)}</strong><br>${html}${more}`,
  };
}

function htmlText(text: string): string {
  return slackText(text).replaceAll('"', "&quot;");
}

function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not in the middle of a character that was escaped.
  return `${text.slice(0, most - 1).replace(/&[a-z]{0,4}$/, "")}…`;
}

/** At most so many bytes of UTF-8. */
function clipBytes(text: string, most: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= most) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, most - 3)).replace(/\ufffd+$/, "")}…`;
}
