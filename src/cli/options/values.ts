import * as z from 'zod';
import { parseDuration } from '../../domain/duration.ts';
import { faultOfCredential, ownSecret } from '../../domain/secret.ts';
import { mayTakeCredentials } from '../../domain/this-machine.ts';
import { isSafeWebhook } from '../../outputs/notify/address.ts';

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
};

/** Every source gives text; a configuration file may give the real type as well. */
export const boolean = z.preprocess(
  (value) => (typeof value === 'string' ? (BOOLEANS[value.toLowerCase()] ?? value) : value),
  z.boolean(),
);
export const whole = (min: number, max: number): z.ZodType<number> =>
  z.preprocess(
    // Digits only: an empty text would otherwise be read as 0.
    (value) => (typeof value === 'string' && /^\d+$/u.test(value.trim()) ? Number(value) : value),
    z.number().int().min(min).max(max),
  );
export const list = z.preprocess(
  (value) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((entry) => entry.trim())
          .filter((entry) => entry !== '')
      : value,
  z.array(z.string().min(1)),
);
export const address = z
  .string()
  .refine((value) => /^https?:\/\/[^/\s@]+(\/[^\s@]*)?$/u.test(value), 'must be an http(s) URL without credentials');
/** Prompts go to a host that is known to be it, or to one on this machine. */
export const safeAddress = address.refine(mayTakeCredentials, 'must be https, or a server on this machine');
/** An https address with each of these placeholders, and no others, in its path or query; empty for none. */
export function linkTemplate(...names: readonly string[]): z.ZodType<string> {
  const isTemplate = (text: string): boolean => {
    // No character that would end a link in Markdown.
    const [, rest = ''] = /^https:\/\/[^\s/?#@{}()<>"'`\\]+([/?][^\s@()<>"'`\\]*)$/u.exec(text) ?? [];
    const used = [...rest.matchAll(/\{([^{}]*)\}/gu)].map(([, name = '']) => name);
    return names.every((name) => used.includes(name)) && used.every((name) => names.includes(name));
  };
  const listed = names.map((name) => `{${name}}`).join(', ');
  return z
    .string()
    .refine((text) => text === '' || isTemplate(text), `must be an https URL without credentials, with ${listed} in its path`);
}

/** A Go duration such as `30m` or `1h30m`, in seconds. Without a unit only 0 is one. */
export const duration = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  z.string().transform((text, context) => {
    const nanoseconds = parseDuration(text.trim());
    if (nanoseconds !== undefined && nanoseconds >= 0) return nanoseconds / 1e9;
    const message = /^\s*\d+\s*$/u.test(text)
      ? `has no unit: write ${text.trim()}s for seconds, or ${text.trim()}m for minutes`
      : 'must be a duration such as 30s, 10m or 1h30m';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }),
);
/** The same in whole seconds, from one to so many. */
export const wholeSeconds = (max: number, maxText: string): z.ZodType<number> =>
  duration.refine(
    (seconds) => Number.isInteger(seconds) && seconds >= 1 && seconds <= max,
    `must be a duration from 1s to ${maxText}, in whole seconds`,
  );
/** One line and nothing that cannot be seen: an error never holds the value. */
const credential = z
  .string()
  .trim()
  .superRefine((text, context) => {
    const fault = faultOfCredential(text);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  });
/** The receiver learns what drifts where: only a host that is known to be it, or one on this machine. */
export const secretAddress = credential
  .refine((text) => isSafeWebhook(text), 'must be an https URL without credentials, or a server on this machine')
  .transform((text) => {
    // Errors of others name the path alone, which is often all that keeps others from posting there.
    if (URL.canParse(text)) ownSecret(new URL(text).pathname);
    return ownSecret(text);
  });
export const secret = credential.transform(ownSecret);
/** A private key has several lines; its format is checked where it is used. */
export const secretKey = z
  .string()
  .trim()
  .superRefine((text, context) => {
    const fault = faultOfCredential(text.replaceAll(/\r?\n/gu, ''));
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  })
  .transform(ownSecret);

export interface Option<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  /** Environment variables, where they are not called `DRIFT_` and the option's name; the first that is set wins. */
  readonly env?: readonly [string, ...string[]];
  /** The former variable, where it was not the name without the prefix; `false` for a new option, which had none. */
  readonly former?: string | false;
  /** What a bare number meant under that name: `s`. */
  readonly formerUnit?: string;
  /** The effect of a value that a CI system set under that name for its own purpose. */
  readonly clash?: string;
  readonly help: string;
  /** What the value is called in help; absent for switches. */
  readonly value?: string;
  /** As text, the way a user would write it. */
  readonly default?: string;
  /** Never a flag or a file entry: a secret in an argument shows in the process list. `NAME_FILE` names a file instead. */
  readonly isSecret?: true;
}

/** Keeps the exact type, by which a missing default is known at compile time. */
export function option<const O extends Option>(definition: O): O {
  return definition;
}
