/**
 * What machines send to a log server: lines of syslog in both of its forms, of iPXE, and of the kernel's
 * netconsole, which has no form at all.
 *
 * Nothing is refused: whatever is no known form is a line of text. Time and host name that a line says of
 * itself are left out, for when it came and from where is known better here.
 *
 * @see RFC 3164, RFC 5424
 */

/** Where every machine sends its log that is told nothing but an address. */
export const SYSLOG_PORT = 514;

export interface SyslogLine {
  /** 0, an emergency, to 7, for debugging; absent: not said. */
  readonly severity?: number;
  /** Which program speaks: `kernel`, `ipxe`, `systemd`; absent: not said. */
  readonly program?: string;
  /** Printable, without an end of line; never empty. */
  readonly text: string;
}

/** The most that is read of a datagram, in bytes: netconsole sends a thousand, RFC 5424 asks for two. */
const MAX_BYTES = 4096;
/** Of one datagram. */
const MAX_LINES = 32;
const MAX_TEXT = 500;
const MAX_PROGRAM = 48;

/** Reads a datagram: most often one line, of netconsole several. */
export function decodeSyslog(bytes: Uint8Array): readonly SyslogLine[] {
  const text = new TextDecoder().decode(bytes.subarray(0, MAX_BYTES));
  const lines = text.split(/[\r\n\0]+/, MAX_LINES).map(withoutEscapes);
  return lines.flatMap((line) => {
    const read = decodeLine(line);
    return read.text === "" ? [] : [clipped(read)];
  });
}

const ESCAPE = String.fromCharCode(27);

/** Without what moves a terminal's cursor or sets its colours, and what cannot be shown. */
function withoutEscapes(line: string): string {
  const [first = "", ...escaped] = line.split(ESCAPE);
  return [first, ...escaped.map((piece) => piece.replace(/^\[[0-9;?]*[A-Za-z]/, ""))]
    .join("")
    .replaceAll("\t", " ")
    .replaceAll(/\p{C}/gu, "");
}

function clipped({ text, program, ...rest }: SyslogLine): SyslogLine {
  return {
    ...rest,
    ...(program === undefined ? {} : { program: program.slice(0, MAX_PROGRAM) }),
    text: text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`,
  };
}

const PRIORITY = /^<(\d{1,3})>/;
const HIGHEST_PRIORITY = 191;

function decodeLine(line: string): SyslogLine {
  const [mark, digits] = PRIORITY.exec(line) ?? [];
  const priority = Number(digits);
  if (mark === undefined || priority > HIGHEST_PRIORITY) return decodeBare(line);
  const rest = line.slice(mark.length);
  const said = decodeModern(rest) ?? decodeOld(rest);
  return { severity: priority & 7, ...said };
}

/** netconsole with the machine's own record: level, number, microseconds, flags; then the text. */
const EXTENDED = /^(\d{1,3}),\d+,\d+,[^;]{0,64};(.*)$/;

function decodeBare(line: string): SyslogLine {
  const [, level, text] = EXTENDED.exec(line) ?? [];
  if (level === undefined || text === undefined) return { text: line.trim() };
  return { severity: Number(level) & 7, program: "kernel", text: text.trim() };
}

/** RFC 5424: version, time, host, program, process, kind, then data in brackets and the text. */
const MODERN = /^1 \S+ \S+ (\S+) \S+ \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+)(?: (.*))?$/;

function decodeModern(rest: string): Omit<SyslogLine, "severity"> | undefined {
  const [, program, text = ""] = MODERN.exec(rest) ?? [];
  if (program === undefined) return undefined;
  return { ...(program === "-" ? {} : { program }), text: text.replace(/^\uFEFF/, "").trim() };
}

const OLD_TIME = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:\d{4} )?/;
/** A program, perhaps with its process, and a colon. */
const TAG = /^([^\s:[\]]+)(?:\[[^\]\s]*\])?:(?: |$)/;

/** RFC 3164: perhaps a time, perhaps a host, perhaps a program. What each sends is other than what it ought to. */
function decodeOld(rest: string): Omit<SyslogLine, "severity"> {
  const timed = rest.replace(OLD_TIME, "");
  const tagged = splitTag(timed);
  if (tagged !== undefined) return tagged;
  const space = timed.indexOf(" ");
  const behind = space < 0 ? undefined : splitTag(timed.slice(space + 1));
  // Without a time, two words before a colon are most likely a sentence: but for iPXE, which has a host there.
  const isHost = timed !== rest || behind?.program === "ipxe";
  return behind !== undefined && isHost ? behind : { text: timed.trim() };
}

function splitTag(text: string): Omit<SyslogLine, "severity"> | undefined {
  const [tag, program] = TAG.exec(text) ?? [];
  return tag === undefined || program === undefined
    ? undefined
    : { program, text: text.slice(tag.length).trim() };
}
