/** The last part of a path, wherever the path is: in a media folder, a zip or a request. */

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
