/** `@Name` in the message box, which is sent as `<@ID>`. */
interface Person {
  /** The id. */
  key: string;
  label: string;
  /** The user name. */
  description?: string | undefined;
}

/** The name that is being typed before the caret, and where its `@` stands. */
export function mentionAt(text: string, caret: number): { start: number; query: string } | null {
  const match = /(?:^|\s)@(?<query>[\p{L}\p{N}_.' ]{0,24})$/u.exec(text.slice(0, caret));
  const query = match?.groups?.["query"];
  return query === undefined ? null : { start: caret - query.length - 1, query };
}

export function searchPeople<T extends Person>(items: readonly T[], query: string): T[] {
  const wanted = query.toLocaleLowerCase();
  return items.filter(
    ({ label, description }) =>
      label.toLocaleLowerCase().startsWith(wanted) ||
      description?.toLocaleLowerCase().startsWith(wanted) === true,
  );
}

/** Names become mentions, the longest first, so that `@Ada Lovelace` is not taken for `@Ada`. */
export function encodeMentions(text: string, people: readonly Person[]): string {
  const names = people
    .flatMap(({ key, label, description }) => [
      { name: label, id: key },
      { name: description ?? label, id: key },
    ])
    .toSorted((a, b) => b.name.length - a.name.length);
  return names.reduce((encoded, { name, id }) => {
    const pattern = new RegExp(`(^|\\s)@${escapePattern(name)}(?![\\p{L}\\p{N}_])`, "giu");
    return encoded.replaceAll(pattern, (_whole, before: string) => `${before}<@${id}>`);
  }, text);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
