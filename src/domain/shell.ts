/** One word to a shell, whatever it says. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._:/@%+=-]*$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
