/** A text without these characters at its end. A pattern such as `/+$` would look at each run of them, from each of its places. */
export function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] ?? '')) end--;
  return text.slice(0, end);
}
