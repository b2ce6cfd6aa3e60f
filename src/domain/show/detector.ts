import { rules } from '@secretlint/secretlint-rule-preset-recommend';

// The rules of secretlint, which know the tokens of many services by their exact forms. They are called one by one: its
// engine answers only later, and its comments in a text (`secretlint-disable`) would switch the rules off.

/** What is used of a rule; the package's own types are in another package. */
interface Rule {
  readonly meta: { readonly id: string; readonly type: string; readonly supportedContentTypes: readonly string[] };
  create(context: Context, options: Readonly<Record<string, never>>): { readonly file?: (source: Source) => unknown };
}

interface Context {
  readonly sharedOptions: Readonly<Record<string, never>>;
  createTranslator(): () => { readonly message: string; readonly messageId: string };
  report(): void;
  ignore(): void;
}

interface Source {
  readonly content: string;
  readonly contentType: 'text';
  readonly ext: string;
  readonly filePath: string;
  getFilePath(): string;
  getPhysicalFilePath(): undefined;
}

let isFound = false;
const context: Context = {
  sharedOptions: {},
  createTranslator: () => () => ({ message: '', messageId: '' }),
  report: () => {
    isFound = true;
  },
  ignore: () => {},
};

const given: readonly Rule[] = rules;
const scanners = given
  .filter(({ meta }) => meta.type === 'scanner' && meta.id !== '@secretlint/secretlint-rule-filter-comments')
  .map((rule) => rule.create(context, {}));

/** Shorter texts hold no token of a form that the rules know. */
const SHORTEST = 16;

/** Whether a rule of secretlint finds a credential in the text. */
export function hasKnownToken(text: string): boolean {
  if (text.length < SHORTEST) return false;
  isFound = false;
  const filePath = 'value.txt';
  const source: Source = {
    content: text,
    contentType: 'text',
    ext: '.txt',
    filePath,
    getFilePath: () => filePath,
    getPhysicalFilePath: () => undefined,
  };
  return scanners.some(({ file }) => {
    file?.(source);
    return isFound;
  });
}
