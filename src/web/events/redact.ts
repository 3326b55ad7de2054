/** Takes out of a text what lets its reader do something: the tokens of check-ins and those of this API. */

const CHECK_IN = /(checkin\/)[^\s/?&#'"]+/gi;
const TOKEN = /mayfly_[A-Za-z0-9_-]{8,}/g;

/** The text with an ellipsis in place of every token. */
export function redact(text: string): string {
  return text.replaceAll(CHECK_IN, "$1…").replaceAll(TOKEN, "mayfly_…");
}
