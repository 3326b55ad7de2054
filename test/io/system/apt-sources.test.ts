import { describe, expect, test } from "vitest";
import { debianMirror, parseDeb822, parseSourcesList } from "../../../src/io/system/apt-sources.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

describe("one-line sources", () => {
  test("are read with and without options; comments and sources of code are left out", () => {
    const text = `# deb http://old.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # the mirror
deb [arch=amd64 signed-by=${KEYRING}] http://other.example/debian/ trixie main
deb-src http://mirror.example/debian bookworm main
`;
    expect(parseSourcesList(text)).toEqual([
      { uri: "http://mirror.example/debian", suites: ["bookworm"], components: ["main", "contrib"] },
      { uri: "http://other.example/debian/", suites: ["trixie"], components: ["main"], signedBy: KEYRING },
    ]);
  });
});

describe("deb822 sources", () => {
  test("are read stanza by stanza, with comments, lines that go on, and fields in any case", () => {
    const text = `Types: deb deb-src
# http://snapshot.example/
URIs: http://mirror.example/debian
Suites: bookworm
  bookworm-updates
components: main
Signed-By: ${KEYRING}

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://src.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://key.example/debian
Suites: sid
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 xyz
`;
    expect(parseDeb822(text)).toEqual([
      {
        uri: "http://mirror.example/debian",
        suites: ["bookworm", "bookworm-updates"],
        components: ["main"],
        signedBy: KEYRING,
      },
      { uri: "http://key.example/debian", suites: ["sid"], components: ["main"] },
    ]);
  });
});

describe("the machine's own mirror", () => {
  const security = {
    uri: "http://mirror.example/debian-security",
    suites: ["bookworm-security"],
    components: ["main"],
  };
  const main = {
    uri: "http://mirror.example/debian",
    suites: ["bookworm", "bookworm-updates"],
    components: ["main"],
  };
  const other = { uri: "http://vendor.example/apt", suites: ["stable"], components: ["extra"] };

  test("is the source that has the release's own suite", () => {
    expect(debianMirror([other, security, main], "bookworm")).toBe(main);
  });

  test("is not a vendor's that has a suite of the same name", () => {
    const vendor = { uri: "http://vendor.example", suites: ["bookworm"], components: ["main"] };
    const plain = { ...main, suites: ["bookworm"] };
    expect(debianMirror([vendor, main], "bookworm")).toBe(main);
    expect(debianMirror([vendor, plain], "bookworm")).toBe(plain);
    expect(debianMirror([vendor], "bookworm")).toBe(vendor);
  });

  test("may be named by 'stable' or 'unstable', where the release has no name", () => {
    const sid = { ...main, suites: ["unstable"] };
    expect(debianMirror([sid], undefined)).toBe(sid);
  });

  test("is none where nothing of Debian is there", () => {
    expect(debianMirror([other, security], "bookworm")).toBeUndefined();
  });
});
