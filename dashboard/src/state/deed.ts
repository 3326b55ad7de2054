/** What a person can have done, as a value: what it will do, in sentences, and what is asked of the API for it. Pure. */

/** One request below `/api/v1`. */
export interface Call {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
}

export interface Deed {
  /** Of the dialog, as in `Roll back node-01`. */
  readonly title: string;
  /** What will happen, to which machines, and when. */
  readonly says: readonly string[];
  /** On the button that has it done. */
  readonly verb: string;
  /** One after the other; the first no ends it. */
  readonly calls: readonly Call[];
  /** When it is done. */
  readonly done: string;
  /** Where what is changed stands: it is changed only while it is as it was when this was shown. */
  readonly versionPath?: string;
  /** Whether what stands there when the dialog opens is what its words were made from: a page is a moment behind. */
  readonly isAsShown?: (now: unknown) => boolean;
  /** It makes something that was not there, and must not take the place of another one. */
  readonly isFirst?: true;
}

/** What is said when a deed was refused since what it changes is not as it was when its dialog was opened. */
export const OUTRUN = {
  what: "somebody, or a boot, was faster: it is not any more as this says.",
  cure: "Nothing was done. Cancel, see how it is now, and decide anew.",
} as const;

/** A host, or a group of them that are rolled out together. */
export interface Whom {
  readonly name: string;
  /** Of a group: its hosts, one or more. */
  readonly hosts?: readonly string[] | undefined;
}

/** As in a sentence: `node-01`, `the group nodes (alpha, beta, gamma and 5 more)`. */
export function whomText({ name, hosts }: Whom): string {
  return hosts === undefined ? name : `the group ${name} (${listText(hosts, 4)})`;
}

/** Names in a sentence, those beyond a number only counted. */
export function listText(names: readonly string[], most: number): string {
  const shown = names.slice(0, most);
  const more = names.length - shown.length;
  if (more > 0) return `${shown.join(", ")} and ${more} more`;
  const last = shown.at(-1) ?? "";
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(", ")} and ${last}`;
}
