import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRemoteFolder, sshArguments } from "../../../src/boot/image/remote-folder.ts";

const remote = (host: string, path: string, user?: string, port?: number) => ({ user, host, port, path });

describe("a folder on another machine", () => {
  test.each([
    ["ssh://builder/srv/image", remote("builder", "/srv/image")],
    ["ssh://root@builder:2222/srv/my%20image/", remote("builder", "/srv/my image/", "root", 2222)],
    ["SSH://[fe80::1%eth0]:22/a", remote("fe80::1%eth0", "/a", undefined, 22)],
    ["ssh://10.0.0.1/a:b@c", remote("10.0.0.1", "/a:b@c")],
    ["builder:/srv/my%20image", remote("builder", "/srv/my%20image")],
    ["me@[::1]:/a", remote("::1", "/a", "me")],
  ])("is read from %s", (source, expected) => {
    expect(parseRemoteFolder(source)).toEqual(expected);
  });

  test.each(["image.tar", "/mnt/host:/x", "./host:/x", "builder:image", "builder", "ftp://host/x", ""])(
    "is not meant by '%s'",
    (source) => {
      expect(parseRemoteFolder(source)).toBeUndefined();
    },
  );

  test.each([
    ["ssh://-oProxyCommand=x/a", /'-oProxyCommand=x' is not the name/],
    ["-oProxyCommand=x:/a", /is not the name/],
    ["ssh://[-oX]/a", /is not the name/],
    ["ssh://me@-x/a", /is not the name/],
    ["ssh://-lroot@host/a", /not a user's name/],
    ["ssh://me:secret@host/a", /a password is not taken/],
    ["ssh://ho$(id)st/a", /is not the name/],
    ["ssh:///a", /is not the name/],
    ["ssh://host:0/a", /is no port/],
    ["ssh://host:65536/a", /is no port/],
    ["ssh://host:x/a", /is no port/],
    ["ssh://host", /want the path of a folder/],
    ["ssh://host/%0a", /want the path of a folder/],
    ["ssh://host/%zz", /want the path of a folder/],
    ["ssh:host/a", /want ssh:/],
  ])("is refused where it is written as %s", (source, why) => {
    expect(parseRemoteFolder(source)).toEqual({ why: expect.stringMatching(why) });
  });

  test("has a host, and a user, that ssh takes for no option, whatever is written", () => {
    const part = fc.string({ unit: fc.constantFrom(..."-oa@:/[]%$ ;'\n") });
    fc.assert(
      fc.property(part, part, fc.boolean(), (a, b, isAddress) => {
        const found = parseRemoteFolder(`${isAddress ? "ssh://" : ""}${a}:/${b}`);
        if (found === undefined || "why" in found) return;
        expect(found.host).toMatch(/^[A-Za-z0-9_:]/);
        expect(found.user ?? "x").toMatch(/^[A-Za-z0-9_]/);
        expect(found.path).toMatch(/^\/\P{Cc}*$/u);
      }),
      { examples: [["-oa@a", "a", true]] },
    );
  });

  test("is asked for by a command in which its path is one word", () => {
    const args = sshArguments(remote("builder", "/srv/a'; rm -r b", "root", 2222));
    expect(args.slice(args.indexOf("-l"), -1)).toEqual(["-l", "root", "-p", "2222", "--", "builder"]);
    expect(args).toContain("BatchMode=yes");
    expect(args.at(-1)).toContain(`tar -C '/srv/a'\\''; rm -r b' --exclude=./init -chf - .`);
  });
});
