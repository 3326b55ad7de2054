/** Takes out of a text what others could log in with: the user and the password in addresses. Pure. */

/** What stands before the `@` of an address; `://` is where it begins, so that long texts are read once. */
const LOGIN = /(ssh)?:\/\/([^\s/?#'"<>]*)@/gi;

/**
 * The text with an ellipsis in place of each.
 *
 * A name alone says nothing with ssh, where everybody is `git`; with others it may be a token.
 *
 * @example `git+https://…@gitlab.example/fleet`
 */
export function withoutLogin(text: string): string {
  return text.replaceAll(LOGIN, (all, ssh: string | undefined, login: string) =>
    ssh !== undefined && !login.includes(":") ? all : `${ssh ?? ""}://…@`,
  );
}
