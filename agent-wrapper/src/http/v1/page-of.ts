/** JSON of the entries in a page: entries can have several MiB, and a page can have 500. */
export const maxPageCharacters = 1024 * 1024;

export interface Page<T> {
  readonly shown: readonly T[];
  /** The last entry that is shown, where there are more behind it. */
  readonly last: T | undefined;
}

/**
 * Cuts a page where it has `limit` entries, or before their JSON has more than `maxPageCharacters`; one is always shown.
 *
 * @param found - one more than `limit`, where there is one
 */
export function pageOf<T>(found: readonly T[], limit: number, toBody: (entry: T) => object): Page<T> {
  let characters = 0;
  const end = found.slice(0, limit).findIndex((entry, index) => {
    characters += JSON.stringify(toBody(entry)).length;
    return characters > maxPageCharacters && index > 0;
  });
  const shown = found.slice(0, end < 0 ? limit : end);
  return { shown, last: shown.length < found.length ? shown.at(-1) : undefined };
}
