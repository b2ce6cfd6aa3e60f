import type * as z from 'zod';
import { readTextFile } from '../clients/files/read-file.ts';
import { parseManifest } from '../clients/kubernetes/manifest.ts';
import { ConfigError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';

/** A YAML file that an option names. */
interface SettingsFile<S extends z.ZodType> {
  readonly path: string;
  /** Variable of the option. */
  readonly option: string;
  /** What it contains, such as `ignore rules`. */
  readonly what: string;
  readonly schema: S;
  /** The meaning of a file without a document; without this such a file is a mistake. */
  readonly empty?: JsonObject;
  /** What the file must hold, as a sentence. */
  readonly remedy: string;
  readonly maxMb: number;
  readonly signal: AbortSignal;
}

/** The file's content, parsed by its schema. Throws `ConfigError` with every mistake and its place. */
export async function readSettingsFile<S extends z.ZodType>(file: SettingsFile<S>): Promise<z.output<S>> {
  const { path, option: subject, what, schema, empty, remedy, maxMb, signal } = file;
  const mistake = (text: string): ConfigError =>
    new ConfigError(`the ${what} in ${path} cannot be used: ${text}`, { code: 'configuration', subject, remedy });
  const text = await readTextFile(path, { subject, remedy: `Set ${subject} to a YAML file of ${what}.`, maxMb, signal });
  const manifest = parseManifest(text);
  if (!manifest.ok) throw mistake(manifest.error);
  const [document = empty, ...others] = manifest.documents;
  if (document === undefined) throw mistake('it is empty');
  if (others.length > 0) throw mistake('contains more than one document');
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'the document'}: ${message}`);
  throw mistake(issues.join('; '));
}
