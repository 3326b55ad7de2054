/** The other servers that gave a machine something to boot while it booted: it may have followed one of them. */

import type { SessionDetail } from "../../../src/web/schema/sessions.ts";

export function OtherServers({ servers = [] }: { readonly servers: SessionDetail["otherServers"] }) {
  if (servers.length === 0) return undefined;
  return (
    <section aria-labelledby="other-servers">
      <h2 id="other-servers">Other boot servers</h2>
      <p>
        {servers.length === 1 ? "This one was" : "These were"} heard to give it something to boot, too.
        Firmware takes one of the offers, by rules of its own.
      </p>
      <ul class="card">
        {servers.map((address) => (
          <li key={address}>
            <code>{address}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
