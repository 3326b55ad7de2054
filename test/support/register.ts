/** A value that a server is asked to change, and that it may have or may not have changed when it was killed. */

/** What becomes of something that was asked for. */
export interface Wish {
  /** It was done: nothing before it counts any more. */
  readonly acknowledged: () => void;
  /** It was not done, and will not be. */
  readonly refused: () => void;
}

/** A value that only counts when it was acknowledged, and may count before; asked for in one order. */
export class Register<Value> {
  #values: { readonly value: Value }[];

  constructor(value: Value) {
    this.#values = [{ value }];
  }

  /** All that it may be now. */
  get possible(): readonly Value[] {
    return this.#values.map(({ value }) => value);
  }

  /** Asks for another value. */
  want(value: Value): Wish {
    const entry = { value };
    this.#values.push(entry);
    return {
      acknowledged: () => {
        // After a crash it may be of another life.
        const at = this.#values.indexOf(entry);
        if (at !== -1) this.#values = this.#values.slice(at);
      },
      refused: () => {
        this.#values = this.#values.filter((each) => each !== entry);
      },
    };
  }

  /** It is this one; what was asked for and is not there will not come any more. */
  settle(value: Value): void {
    this.#values = [{ value }];
  }
}
