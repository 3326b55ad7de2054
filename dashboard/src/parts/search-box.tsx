/** Where a person types what is looked for; `/` leads there. */

interface SearchBoxProps {
  readonly label: string;
  /** What stands there while nothing is typed; a word about the key follows. */
  readonly hint?: string;
  readonly text: string;
  /** With each letter. */
  readonly onText: (text: string) => void;
}

export function SearchBox({ label, hint = "Search", text, onText }: SearchBoxProps) {
  return (
    <input
      type="search"
      data-search
      aria-label={label}
      placeholder={`${hint} (press /)`}
      value={text}
      onInput={({ currentTarget }) => onText(currentTarget.value)}
    />
  );
}
