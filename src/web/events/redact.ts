/** Takes out of a text what lets its reader do something: tokens of check-ins and of this API, and logins in addresses. */

import { withoutLogin } from "../../boot/without-login.ts";

const CHECK_IN = /(checkin\/)[^\s/?&#'"]+/gi;
const TOKEN = /mayfly_[A-Za-z0-9_-]{8,}/g;

/** The text with an ellipsis in place of each. */
export function redact(text: string): string {
  return withoutLogin(text).replaceAll(CHECK_IN, "$1…").replaceAll(TOKEN, "mayfly_…");
}
