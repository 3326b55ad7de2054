/** How the API writes values that its schemas leave out or spell as text. Pure. */

type Present<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> };

/** Leaves out what is absent. */
export function present<Values extends object>(values: Values): Present<Values> {
  const there: Partial<Values> = {};
  // Lists call it for every line: by entries it would take three times as long.
  for (const key in values) if (values[key] !== undefined) there[key] = values[key];
  return there as Present<Values>;
}

/** Leaves out what is absent or says nothing, as machines do that send an empty serial number. */
export function filled<Key extends string>(
  values: Readonly<Record<Key, string | undefined>>,
): { [Name in Key]?: string } {
  const said: { [Name in Key]?: string } = {};
  for (const key in values) if (values[key] !== undefined && values[key] !== "") said[key] = values[key];
  return said;
}

/** @param ms - since the epoch, in milliseconds */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
