/** What is around every page: the menu, how the connection is, and the way to the content for the keyboard. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { LOCAL_NAME } from "../../../src/boot/access/token.ts";
import { PAGES } from "../pages/all.ts";
import { usePlace, useSelect } from "./app.ts";
import { DialogPlace, type Dialogs } from "./dialogs.tsx";
import { matchPage } from "./match.ts";
import { MessageList, type Messages } from "./messages.tsx";
import { savedTheme, saveTheme, THEMES, type Theme } from "./theme.ts";
import { useKeys } from "./use-keys.ts";

interface FrameProps {
  readonly messages: Messages;
  readonly dialogs: Dialogs;
}

export function Frame({ messages, dialogs }: FrameProps) {
  const { path } = usePlace();
  const found = matchPage(path, PAGES);
  const main = useRef<HTMLElement>(null);
  const title = found?.page.title(found.params) ?? "Nothing here";
  const isFirst = useRef(true);
  useKeys();
  useEffect(() => {
    document.title = `${title} · Mayfly`;
  }, [title]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another path is another page.
  useEffect(() => {
    // Who listens to the page, or moves by keys, begins at the top of what is new.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    // A dialog is about what stood on the page before.
    return dialogs.close;
  }, [path]);
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="bar">
        <a class="brand" href="/">
          <Logo />
          Mayfly
        </a>
        <Menu path={path} />
        <ConnectionSign />
        <Login />
        <ThemeButton />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {found === undefined ? <Lost path={path} /> : <found.page.View key={path} params={found.params} />}
      </main>
      <MessageList messages={messages} />
      <DialogPlace dialogs={dialogs} />
    </>
  );
}

function Menu({ path }: { readonly path: string }) {
  const pages = PAGES.filter(({ menu }) => menu !== undefined);
  return (
    <nav aria-label="Pages">
      {pages.map((page) => {
        const isHere = path === page.path || (page.path !== "/" && path.startsWith(`${page.path}/`));
        const isAbove = page.path === "/" && path.startsWith("/hosts/");
        const current = isHere ? "page" : isAbove ? "true" : undefined;
        return (
          <a key={page.path} href={page.path} aria-current={current}>
            {page.menu}
          </a>
        );
      })}
    </nav>
  );
}

const CONNECTION = {
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost",
} as const;

function ConnectionSign() {
  const connection = useSelect((state) => state.connection);
  const about = connection === "lost" ? "What is shown may be old. It goes on by itself." : undefined;
  return (
    <span class={`connection ${connection}`} role="status" title={about}>
      <span class="dot" aria-hidden="true" />
      {CONNECTION[connection]}
    </span>
  );
}

/** Who needs no token on the server's own machine has nothing to log out of. */
const LOCAL: typeof LOCAL_NAME = "this machine";

function Login() {
  const you = useSelect(({ status }) => status?.you);
  if (you === undefined || you.name === LOCAL) return undefined;
  return (
    <form method="post" action="/logout" class="login">
      <span class="who">
        {you.name} ({you.scope})
      </span>
      <button type="submit" class="quiet">
        Log out
      </button>
    </form>
  );
}

const THEME_NAMES: Readonly<Record<Theme, string>> = { system: "Auto", light: "Light", dark: "Dark" };

function ThemeButton() {
  const [theme, setTheme] = useState(savedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  return (
    <button
      type="button"
      class="quiet theme"
      aria-label={`Colours: ${THEME_NAMES[theme]}. Change to ${THEME_NAMES[next]}`}
      onClick={() => {
        saveTheme(next);
        setTheme(next);
      }}
    >
      <span aria-hidden="true">◐ </span>
      {THEME_NAMES[theme]}
    </button>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
      <rect class="logo-ground" width="32" height="32" rx="7" />
      <path
        class="logo-line"
        d="M16 17C12 9 8 5 5 6s0 9 11 11c4-8 8-12 11-11s0 9-11 11m0-6v10l-3 7m3-7v7m0-7 3 7"
      />
    </svg>
  );
}

function Lost({ path }: { readonly path: string }) {
  return (
    <div class="empty">
      <h1>Nothing here</h1>
      <p>
        There is no page <code>{path}</code>. <a href="/">All hosts</a> are on the first one.
      </p>
    </div>
  );
}
