/** Which page a path is, and what it is about. Pure. */

/** What stands in a path for `:name`, decoded. */
export type Params = Readonly<Record<string, string>>;

/** @returns the first page whose pattern the path has; `undefined`: none */
export function matchPage<Page extends { readonly path: string }>(
  path: string,
  pages: readonly Page[],
): { readonly page: Page; readonly params: Params } | undefined {
  for (const page of pages) {
    const params = paramsOf(path, page.path);
    if (params !== undefined) return { page, params };
  }
  return undefined;
}

function paramsOf(path: string, pattern: string): Params | undefined {
  const [wanted, given] = [pattern.split("/"), path.replace(/(.)\/$/, "$1").split("/")];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? "";
    if (part.startsWith(":")) {
      const value = decoded(text);
      if (value === undefined || value === "") return undefined;
      params[part.slice(1)] = value;
    } else if (part !== text) return undefined;
  }
  return params;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
