/** A page of the dashboard as a value: where it is, what it is called, what it shows. */

import type { ComponentType } from "preact";
import type { Params } from "./match.ts";

export interface Page {
  /** With names that stand for anything: `/hosts/:name`. */
  readonly path: string;
  /** Its name in the menu; absent: other pages lead there. */
  readonly menu?: string;
  /** Of the window, without the program's name. */
  title(params: Params): string;
  readonly View: ComponentType<{ readonly params: Params }>;
}
