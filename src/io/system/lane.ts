/** Runs work one after the other, so that what many ask for at once does not take the machine. */

/** Begins when all that was asked for before is over. */
export type Lane = <Value>(work: () => Promise<Value>) => Promise<Value>;

export function createLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}
