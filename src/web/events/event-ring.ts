/**
 * The last events, within bounds, for those who come back and say which one they had last.
 *
 * An event's id is `EPOCH-NUMBER`: the epoch is another one each time that recording begins, so that an
 * id of an earlier run of the server is known as such.
 */

export interface RingEntry<Event> {
  readonly number: number;
  readonly event: Event;
  /** As it is sent, made once for all who want it. */
  readonly text: string;
}

export interface EventRing<Event> {
  /** The id of the last event; of none at all as long as there is none. */
  lastId(): string;
  /** The id by which one who comes back goes on with this number. */
  idBefore(number: number): string;
  /** The oldest one that is kept. */
  first(): RingEntry<Event> | undefined;
  /** The number that the next event gets. */
  readonly next: number;
  /** @param write - gets the event's id */
  push(event: Event, write: (id: string) => string): RingEntry<Event>;
  /** Numbers that were given and whose events are lost. */
  skip(count: number): void;
  /** Where one who had this event last goes on; `undefined` for an id of another epoch, or of none. */
  after(id: string): number | undefined;
  /** The next events from this number on, in their order; `undefined` when the first of them is gone. */
  from(number: number, most?: number): readonly RingEntry<Event>[] | undefined;
}

/** @param maxChars - of all texts together; the oldest go first */
export function createEventRing<Event>(epoch: string, maxChars: number): EventRing<Event> {
  let entries: RingEntry<Event>[] = [];
  /** Those before it are dropped already; the array is cut when they are half of it. */
  let head = 0;
  let chars = 0;
  let next = 1;
  const idOf = (number: number) => `${epoch}-${number}`;

  function shrink(): void {
    while (chars > maxChars && head < entries.length) chars -= entries[head++]?.text.length ?? 0;
    if (head * 2 > entries.length) {
      entries = entries.slice(head);
      head = 0;
    }
  }
  return {
    lastId: () => idOf(next - 1),
    idBefore: (number) => idOf(number - 1),
    first: () => entries[head],
    get next() {
      return next;
    },
    push(event, write) {
      const number = next++;
      const entry = { number, event, text: write(idOf(number)) };
      entries.push(entry);
      chars += entry.text.length;
      shrink();
      return entry;
    },
    skip(count) {
      entries = [];
      head = 0;
      chars = 0;
      next += count;
    },
    after(id) {
      const [, of, number] = /^([0-9a-z]+)-(\d{1,15})$/.exec(id) ?? [];
      const after = Number(number) + 1;
      return of === epoch && after <= next ? after : undefined;
    },
    from(number, most = Number.POSITIVE_INFINITY) {
      const first = entries[head]?.number ?? next;
      const begin = head + number - first;
      return number < first ? undefined : entries.slice(begin, begin + most);
    },
  };
}
