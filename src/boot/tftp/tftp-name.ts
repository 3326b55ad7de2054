/** Repairs the file name of a TFTP request into a relative path, or refuses it. */

/** A name as it may be looked up: relative, `/` between segments, no `.` or `..`, nothing empty. */
export type RequestedName =
  | { readonly type: "path"; readonly path: string }
  /** `shown` is the name as it can be printed, `reason` a sentence for the person at the machine. */
  | { readonly type: "refused"; readonly shown: string; readonly reason: string };

/**
 * What firmware leaves at the end of a name when the DHCP option had no NUL: the END byte 0xff,
 * what follows in the packet, or U+FFFD where something read it as UTF-8 (Q7).
 */
const TRAILING_GARBAGE = /[^\x21-\x7e]+$/;

const CONTROL = /\p{Cc}/u;

/**
 * Reads a requested name as its client meant it.
 *
 * Backslashes separate (T8), slashes in front and doubled ones mean nothing, `./` neither, a whole
 * `tftp://` URL is its path, garbage at the end is dropped (Q7). A `..` is refused, whatever it
 * would lead to: no boot program asks for one.
 *
 * @param filename - as decoded, one character for each byte
 */
export function repairName(filename: string): RequestedName {
  const trimmed = fromUtf8(filename.replace(TRAILING_GARBAGE, ""));
  const segments = trimmed
    .replaceAll("\\", "/")
    .replace(/^\/*tftp:\/\/[^/]*/i, "")
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..")) return refuse(filename, "'..' in a file name is not followed");
  if (CONTROL.test(trimmed)) return refuse(filename, "the file name holds control characters");
  if (segments.length === 0) {
    return refuse(filename, "the request names no file: look at the boot file name that DHCP gives");
  }
  return { type: "path", path: segments.join("/") };
}

/** A name that fits a screen and an error message: printable ASCII, at most 100 characters. */
export function showName(name: string): string {
  return showText(name, 100);
}

/** Somebody else's text as it can be logged, and any text as an ERROR packet can carry it: printable ASCII. */
export function showText(text: string, maxLength = 400): string {
  const printable = text.replaceAll(/[^\x20-\x7e]/g, "?");
  return printable.length <= maxLength ? printable : `${printable.slice(0, maxLength - 3)}...`;
}

function refuse(filename: string, reason: string): RequestedName {
  return { type: "refused", shown: showName(filename), reason };
}

/** File systems spell names in UTF-8; a name that is none stays as it is. */
function fromUtf8(bytes: string): string {
  if (/^[\x20-\x7e]*$/.test(bytes)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(bytes, (character) => character.charCodeAt(0)),
    );
  } catch {
    return bytes;
  }
}
