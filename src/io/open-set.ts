/** Keeps open exactly what is wanted open: a socket for each address, say, while addresses come and go. */

export interface OpenSetOptions<Wanted, Opened> {
  /** Two with the same key are the same thing. */
  readonly keyOf: (wanted: Wanted) => string;
  readonly open: (wanted: Wanted) => Promise<Opened>;
  /** Tells an open one what is wanted of it now. */
  readonly update?: (opened: Opened, wanted: Wanted) => void;
  readonly close: (opened: Opened) => Promise<void>;
}

export interface OpenSet<Wanted, Opened> {
  /**
   * Closes what is no longer wanted, then opens what is new; leaves the rest alone. Calls wait for each other.
   *
   * @throws the first error of opening; whatever could be opened stays open
   */
  set(wanted: readonly Wanted[]): Promise<void>;
  /** In the order wanted. */
  all(): readonly Opened[];
  close(): Promise<void>;
}

export function createOpenSet<Wanted, Opened>(
  options: OpenSetOptions<Wanted, Opened>,
): OpenSet<Wanted, Opened> {
  let opened = new Map<string, Opened>();
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }
  async function set(wanted: readonly Wanted[]): Promise<void> {
    const byKey = new Map(wanted.map((each) => [options.keyOf(each), each]));
    const gone = [...opened].filter(([key]) => !byKey.has(key)).map(([, each]) => each);
    opened = new Map([...opened].filter(([key]) => byKey.has(key)));
    await Promise.all(gone.map(options.close));
    const failures: unknown[] = [];
    for (const [key, each] of byKey) {
      const there = opened.get(key);
      try {
        if (there === undefined) opened.set(key, await options.open(each));
        else options.update?.(there, each);
      } catch (error) {
        failures.push(error);
      }
    }
    opened = new Map([...byKey.keys()].flatMap((key) => entryOf(opened, key)));
    if (failures.length > 0) throw failures[0];
  }
  return {
    set: (wanted) => inTurn(() => set(wanted)),
    all: () => [...opened.values()],
    close: () => inTurn(() => set([])),
  };
}

function entryOf<Opened>(opened: ReadonlyMap<string, Opened>, key: string): [string, Opened][] {
  const there = opened.get(key);
  return there === undefined ? [] : [[key, there]];
}
