/** A Git host reads commit messages: nothing of a cluster may call people, close issues, skip checks or make links there. */
export function inert(text: string): string {
  return (
    text
      .replaceAll(/(?<!\w)@(?=\w)/gu, '@ ')
      .replaceAll(/([#!])(?=\w)|([%~&^])(?=\d)/gu, '$& ')
      .replaceAll(/\b(GH-)(?=\d)/giu, '$1 ')
      .replaceAll('://', ': //')
      .replaceAll(/NO_CI/giu, 'NO CI')
      .split(']')
      .map((part, index, { length }) =>
        index < length - 1 && SKIPS.test(part.slice(part.indexOf('[') + 1)) ? part.replaceAll('[', '[ ') : part,
      )
      .join(']')
      // Keys of Jira, and of trackers that take them in any case; elsewhere such a word is a name.
      .replace(CLOSING, (words) => words.replaceAll(/\b([A-Z][A-Z0-9_]*-)(?=\d)/gu, '$1 '))
      .replaceAll(CLOSED, '$1 ')
  );
}

const CLOSING = /\b(clos|fix|resolv|implement|complet)[\s\S]*/iu;
const CLOSED = /\b((?:clos|fix|resolv|implement|complet)\w*:?\s+(?:issues?\s+)?[a-z][a-z0-9_]*-)(?=\d)/giu;

/** Each service has its own word in brackets, with `skip` or `no` beside it. */
const SKIPS = /skip|\bno\b|\b(ci|actions|azp|azurepipelines|travis|circleci|render|netlify|deploy)\b/iu;
