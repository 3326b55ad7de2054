import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatService, parseService, serviceOf } from "../../../src/boot/history/service.ts";
import { lastOf, listOf, parseUnit } from "../../../src/boot/history/unit-file.ts";

const UNIT = `# made by a program
[Unit]
Description=A node
; a comment
[Service]
Environment="PATH=/bin"
ExecStart=/nix/store/x-geth/bin/geth \\
  --http \\
# in between
  --ws
ExecStart = /bin/second
Restart=always
`;

describe("a unit file", () => {
  test("is read by sections; lines that end with a backslash go on in the next one", () => {
    const lines = parseUnit(UNIT);
    expect(lines[0]).toEqual({ section: "Unit", key: "Description", value: "A node" });
    expect(listOf(lines, "Service", "ExecStart").map((command) => command.split(/\s+/))).toEqual([
      ["/nix/store/x-geth/bin/geth", "--http", "--ws"],
      ["/bin/second"],
    ]);
    expect(lastOf(lines, "Service", "Restart")).toBe("always");
  });

  test("that is dropped in later adds to a list, or begins it anew with an empty value", () => {
    const more = parseUnit("[Service]\nExecStart=/bin/third");
    const anew = parseUnit("[Service]\nExecStart=\nExecStart=/bin/only");
    const commands = (...files: ReturnType<typeof parseUnit>[]) =>
      serviceOf("node", [parseUnit(UNIT), ...files].flat(), [])?.commands.at(-1);
    expect(commands(more)).toBe("/bin/third");
    expect(listOf([...parseUnit(UNIT), ...anew], "Service", "ExecStart")).toEqual(["/bin/only"]);
  });

  test("that runs nothing is no service to tell of", () => {
    expect(serviceOf("x", parseUnit("[Service]\nRestart=always"), [])).toBeUndefined();
    expect(serviceOf("x", parseUnit("ExecStart=/bin/a"), [])).toBeUndefined();
  });

  test("of any content is read without a fault", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseUnit(text)));
  });
});

describe("a service that is kept as a line", () => {
  const texts = fc.array(fc.string());
  const service = fc.record(
    { name: fc.string(), description: fc.string({ minLength: 1 }), commands: texts, wantedBy: texts },
    { requiredKeys: ["name", "commands", "wantedBy"] },
  );

  test("is that service again", () => {
    fc.assert(
      fc.property(service, (each) => {
        expect(parseService(formatService(each))).toEqual(each);
      }),
    );
  });

  test("is none where the line is damaged", () => {
    for (const line of ["", "{}", '["a","b",["c"]]', '["a","b",[1],[]]', '["a",1,[],[]]'])
      expect(parseService(line)).toBeUndefined();
  });
});
