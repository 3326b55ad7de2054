import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createReferenceGraph,
  readPathInfo,
  type StoreObject,
} from "../../../src/boot/history/reference-graph.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const BASH = `${HASH}-bash-5.2`;
const GLIBC = `${HASH.slice(1)}0-glibc-2.40`;
const inStore = (name: string) => `/nix/store/${name}`;

function graphOf(objects: Iterable<StoreObject | undefined>) {
  const graph = createReferenceGraph();
  for (const object of objects) {
    if (object === undefined) throw new Error("it cannot be read");
    graph.add(object);
  }
  return graph;
}

describe("an answer of nix path-info", () => {
  const [bash, glibc] = [inStore(BASH), inStore(GLIBC)];
  test.each([
    [
      "2.8, and of Lix",
      [
        { path: bash, narSize: 12, references: [glibc] },
        { path: glibc, narSize: 30, references: [glibc] },
        { path: inStore(`${HASH}-gone`), valid: false },
      ],
    ],
    [
      "2.19",
      {
        [bash]: { narSize: 12, references: [glibc] },
        [glibc]: { narSize: 30, references: [glibc] },
        [inStore(`${HASH}-gone`)]: null,
      },
    ],
    [
      "2.31",
      {
        [BASH]: { narSize: 12, storeDir: "/nix/store", references: [GLIBC] },
        [GLIBC]: { narSize: 30, storeDir: "/nix/store", references: [GLIBC] },
        [`${HASH}-gone`]: null,
      },
    ],
    [
      "2.31, the references with their folder",
      { [BASH]: { narSize: 12, references: [glibc] }, [GLIBC]: { narSize: 30, references: [] } },
    ],
    [
      "2.33, in format 2",
      {
        info: {
          [BASH]: { narSize: 12, references: [GLIBC] },
          [GLIBC]: { narSize: 30, references: [] },
          [`${HASH}-gone`]: null,
        },
        storeDir: "/nix/store",
        version: 2,
      },
    ],
  ])("of nix %s is understood", (_version, answer) => {
    const graph = graphOf(readPathInfo(answer));
    expect(graph.size()).toBe(2);
    const closure = [
      { name: "bash-5.2", sizeBytes: 12 },
      { name: "glibc-2.40", sizeBytes: 30 },
    ];
    for (const path of [bash, BASH, inStore(bash)]) expect(graph.closureOf(path)).toEqual(closure);
    expect(graph.closureOf(glibc)).toEqual(closure.slice(1));
    expect([bash, `${HASH}-gone`].map(graph.has)).toEqual([true, false]);
    expect(graph.closureOf(inStore(`${HASH}-gone`))).toBeUndefined();
  });

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a word", "no"],
    ["a list without paths", [{ narSize: 1, references: [] }]],
    ["a size that is none", { [bash]: { narSize: "1", references: [] } }],
    ["no references", { [bash]: { narSize: 1 } }],
    ["references that are none", { [bash]: { narSize: 1, references: [1] } }],
    ["an object of words", { error: "no" }],
  ])("is refused that is %s", (_what, answer) => {
    expect([...readPathInfo(answer)]).toContain(undefined);
  });

  test("is refused or read, whatever it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (answer) => {
        const read = [...readPathInfo(answer)];
        if (!read.includes(undefined)) expect(graphOf(read).size()).toBeLessThanOrEqual(read.length);
      }),
    );
  });
});

/** Whatever is reached by going from each to what it refers to, again and again until nothing is new. */
function naiveClosure(objects: readonly StoreObject[], root: string): readonly StoreObject[] {
  let reached = new Set([root]);
  for (;;) {
    const more = new Set([
      ...reached,
      ...objects.flatMap(({ path, references }) => (reached.has(path) ? references : [])),
    ]);
    if (more.size === reached.size) return objects.filter(({ path }) => reached.has(path));
    reached = more;
  }
}

test("the closure of each root of a graph is what going through it naively gives", () => {
  const pathOf = (number: number) =>
    inStore(`${HASH.slice(0, 30)}${HASH[number >> 5]}${HASH[number & 31]}-p${number}`);
  const graphs = fc.integer({ min: 1, max: 60 }).chain((size) =>
    fc.record({
      // Some lead to themselves, in circles, or to what nobody tells of.
      edges: fc.array(fc.array(fc.nat(size), { maxLength: 6 }), { minLength: size, maxLength: size }),
      isShort: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(graphs, ({ edges, isShort }) => {
      const objects = edges.map((references, number) => ({
        path: pathOf(number),
        sizeBytes: number,
        references: references.map(pathOf),
      }));
      const short = (path: string) => (isShort ? path.slice("/nix/store/".length) : path);
      const graph = graphOf(objects.map((each) => ({ ...each, path: short(each.path) })));
      for (const { path } of objects) {
        const expected = naiveClosure(objects, path).map(({ sizeBytes }) => ({
          name: `p${sizeBytes}`,
          sizeBytes,
        }));
        expect(graph.closureOf(path)).toEqual(expected);
      }
      expect(graph.closureOf(pathOf(edges.length))).toBeUndefined();
    }),
  );
});
