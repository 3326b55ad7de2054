/**
 * Tells a builder's `netboot.ipxe`, whose parts the generated script can take over, from a user's own.
 *
 * Builders write exactly one form: an optional chain to `variables.ipxe`, one kernel line, its initrds,
 * and `boot`. Whatever has anything else in it is not understood here and must be run by iPXE as it is.
 */

export type NetbootScript =
  | {
      readonly type: "builder";
      readonly kernel: string;
      readonly initrds: readonly string[];
      /** Without the placeholders `${kernel-params}` and `${cmdline}`. */
      readonly kernelParams: string;
      /** Its parameters are in `variables.ipxe`. */
      readonly hasVariables: boolean;
    }
  /** `needs`: files beside it that it loads, as far as they are named in plain text. */
  | {
      readonly type: "own";
      readonly needs: readonly string[];
      /** It loads an initrd, and says `initrd=` nowhere. */
      readonly lacksInitrdName: boolean;
    }
  /** iPXE would not take it for a script. */
  | { readonly type: "none" };

export function readNetbootScript(text: string): NetbootScript {
  if (!/^#!(ipxe|gpxe)(\s|$)/.test(text)) return { type: "none" };
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  return readBuilder(lines) ?? ownScript(lines);
}

function ownScript(lines: readonly string[]): NetbootScript {
  const loads = lines.some((line) => /^initrd\s/.test(line));
  // What a setting expands to is not known: it may say it.
  const mayName = lines.some((line) => /initrd=/.test(line) || /^(kernel|imgargs|boot)\s.*\$\{/.test(line));
  return {
    type: "own",
    needs: [...new Set(lines.flatMap(needs))],
    lacksInitrdName: loads && !mayName,
  };
}

const VARIABLES = "chain --autofree variables.ipxe";
/** A name in the same folder: no path, no scheme, no setting to expand. */
const NAME = "[A-Za-z0-9._+][A-Za-z0-9._+-]*";

function readBuilder(lines: readonly string[]): NetbootScript | undefined {
  const hasVariables = lines[0] === VARIABLES;
  const [kernelLine = "", ...rest] = hasVariables ? lines.slice(1) : lines;
  const kernel = new RegExp(`^kernel (${NAME})(?:\\s+(.*))?$`).exec(kernelLine);
  const initrds = rest.slice(0, -1).map((line) => new RegExp(`^initrd (${NAME})$`).exec(line)?.[1]);
  if (kernel?.[1] === undefined || initrds.length === 0 || rest.at(-1) !== "boot") return undefined;
  const params = kernel[2] ?? "";
  // Only iPXE can say what another setting expands to.
  const kernelParams = withoutPlaceholders(params);
  if (kernelParams.includes("${") || /&&|\|\||\\$/.test(params)) return undefined;
  if (hasVariables !== params.includes(KERNEL_PARAMS)) return undefined;
  const names = initrds.filter((name) => name !== undefined);
  if (names.length !== initrds.length) return undefined;
  return { type: "builder", kernel: kernel[1], initrds: names, kernelParams, hasVariables };
}

const KERNEL_PARAMS = "$" + "{kernel-params}";

/** Leaves out the settings that the generated script has a place of its own for. */
export function withoutPlaceholders(params: string): string {
  return params.replace(/(^|\s+)\$\{(cmdline|kernel-params)\}(?=\s|$)/g, "").trim();
}

/** Reads `set kernel-params …` of a `variables.ipxe`; `undefined` if there is none, or only iPXE can expand it. */
export function readVariables(text: string): string | undefined {
  const line = text.split(/\r?\n/).find((each) => /^\s*set\s+kernel-params\s/.test(each));
  const value =
    line === undefined ? undefined : withoutPlaceholders(line.replace(/^\s*set\s+kernel-params\s+/, ""));
  return value === undefined || value.includes("${") ? undefined : value;
}

const LOADS = /^(kernel|initrd|module|imgfetch|chain)\s+(.*)$/;

/** What a line loads for certain. After `||` there is another way, so the file may be absent. */
function needs(line: string): string[] {
  const words = LOADS.exec(line)?.[2]?.split(/\s+/);
  if (words === undefined || line.includes("||")) return [];
  let at = 0;
  while (words[at]?.startsWith("-")) at += /^(--name|--timeout|-n|-t)$/.test(words[at] ?? "") ? 2 : 1;
  const file = words[at] ?? "";
  return new RegExp(`^${NAME}(/${NAME})*$`).test(file) ? [file] : [];
}
