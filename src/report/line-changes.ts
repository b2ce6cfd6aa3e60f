/** Who wrote a line of a file last, by its commit. */
export interface LineChange {
  /** Full id of the commit. */
  readonly commit: string;
  readonly name: string;
  readonly email: string;
  /** RFC 3339, of the author's clock. */
  readonly time: string;
  /** The line is at least as old as this commit, but the history before it was not read: somebody else may have written it. */
  readonly isOldestRead: boolean;
}

/** Reads `git blame --porcelain` (git-blame(1)), one entry a line of the file. `cut` are commits whose parents were not read. */
export function parseBlame(text: string, cut: ReadonlySet<string>): readonly LineChange[] {
  const commits = new Map<string, Map<string, string>>();
  const changes: LineChange[] = [];
  let commit = '';
  for (const line of text.split('\n')) {
    // The file's own lines are told from what Git says by the tab alone.
    const header = /^([0-9a-f]{40,64}) \d+ \d+/u.exec(line);
    if (line.startsWith('\t')) changes.push(changeOf(commit, commits.get(commit) ?? new Map(), cut));
    else if (header?.[1] !== undefined) {
      commit = header[1];
      if (!commits.has(commit)) commits.set(commit, new Map());
    } else {
      const space = line.indexOf(' ');
      if (space > 0) commits.get(commit)?.set(line.slice(0, space), line.slice(space + 1));
    }
  }
  return changes;
}

function changeOf(commit: string, facts: ReadonlyMap<string, string>, cut: ReadonlySet<string>): LineChange {
  return {
    commit,
    name: facts.get('author') ?? '',
    email: (facts.get('author-mail') ?? '').replace(/^<(.*)>$/u, '$1'),
    time: new Date(Number(facts.get('author-time') ?? 0) * 1000).toISOString(),
    isOldestRead: cut.has(commit),
  };
}
