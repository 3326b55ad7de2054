/** What a browser is told about the pages of the admin plane: nothing from elsewhere, in no frame, with no leak. */

/** @param style - the hash of the one style that stands in the page itself, where one does */
export function pageHeaders(style?: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${style === undefined ? "" : ` '${style}'`}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    "Content-Security-Policy": policy.join("; "),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    // Not `no-referrer`: a form's Origin would be null then, which nobody can tell from a stranger's.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  };
}
