import { type FieldPath, printPath } from '../types/field-path.ts';
import type { FieldValue } from '../types/finding.ts';
import { at, isJsonArray, isJsonObject, type Json, stringAt } from '../types/json.ts';
import { Secret } from '../types/secret.ts';

const SECRET_NAME =
  /(passw(or)?d|passphrase|secret|token|api[-_.]?key|private[-_.]?key|access[-_.]?key|credential|auth(orization)?$|dsn$|connection[-_.]?string)/iu;
const SECRET_FLAG = /^-{1,2}[\w-]*(passw(or)?d|passphrase|secret|token|api-?key|credential)s?$/iu;
const SECRET_TEXT = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/u,
  /\b(sk|pk|rk)[-_][A-Za-z0-9_-]{16,}/u,
  /\b(gh[pousr]|glpat|xox[abprs])[-_][A-Za-z0-9-]{10,}/u,
  /\bAKIA[0-9A-Z]{16}\b/u,
  /:\/\/[^\s/:@]+:[^\s/@]+@/u,
  /(passw(or)?d|secret|token|api[-_]?key)["']?\s*[=:]\s*\S+/iu,
];

const JWT = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/uy;
const RUN = /[\w-]*/uy;

/**
 * A JSON web token in a text. Where one beginning fails, all others within the same run of letters fail as well: they are
 * passed over, so that a text made of nothing but beginnings takes no longer than any other.
 */
function hasJwt(text: string): boolean {
  for (let at = text.indexOf('eyJ'); at >= 0; at = text.indexOf('eyJ', RUN.lastIndex)) {
    JWT.lastIndex = at;
    if (JWT.test(text)) return true;
    RUN.lastIndex = at;
    RUN.exec(text);
  }
  return false;
}

/** A secret anywhere inside: by the look of a text, or by the name beside it, as in an env variable of an added container. */
function looksSecret(value: Json): boolean {
  if (typeof value === 'string') return hasJwt(value) || SECRET_TEXT.some((pattern) => pattern.test(value));
  // `--password hunter2` as two arguments: the name stands beside the value.
  if (isJsonArray(value))
    return value.some((entry) => looksSecret(entry) || (typeof entry === 'string' && SECRET_FLAG.test(entry)));
  if (!isJsonObject(value)) return false;
  const { name, value: given } = value;
  if (typeof name === 'string' && typeof given === 'string' && SECRET_NAME.test(name)) return true;
  return Object.entries(value).some(([key, entry]) => looksSecret(entry) || (typeof entry === 'string' && isSecretKey(key)));
}

/** `passwordSecretName` and the like name a Secret; they hold none. */
function isSecretKey(key: string): boolean {
  return SECRET_NAME.test(key) && !/(name|ref|namespace)$/iu.test(key);
}

/** Env variables, annotations and the like whose very name says that the value is a secret. */
function hasSecretName(path: FieldPath, value: Json | undefined): boolean {
  const names = path.flatMap((step) =>
    'field' in step ? [step.field] : 'key' in step ? Object.values(step.key).map(String) : [],
  );
  const isReference = isJsonObject(value) && value['valueFrom'] !== undefined;
  const env = names.lastIndexOf('env');
  if (env >= 0) return !isReference && SECRET_NAME.test(names[env + 1] ?? '');
  const underMap = names.findIndex(
    (name) => name === 'annotations' || name === 'labels' || name === 'data' || name === 'stringData',
  );
  return underMap >= 0 && SECRET_NAME.test(names[underMap + 1] ?? '');
}

/** Of a Secret everything is hidden but what kind of Secret it is. */
const SHOWN_OF_SECRET = new Set(['/type', '/immutable']);

/** Wraps what must not be shown; the wrapped value is still compared and patched. */
export function maskValue(kind: string, path: FieldPath, value: Json | undefined): FieldValue {
  if (value === undefined) return undefined;
  // A reference to a Secret's key shows no secret; its name often looks like one.
  const reference = at(value, 'valueFrom') ?? value;
  if (stringAt(reference, 'secretKeyRef', 'name') !== undefined) return value;
  const isSecret = kind === 'Secret' && !SHOWN_OF_SECRET.has(printPath(path));
  return isSecret || hasSecretName(path, value) || looksSecret(value) ? new Secret(value) : value;
}

/** Where a document holds what looks like a secret, as the text form of paths. */
export function secretsIn(kind: string, value: Json, path: FieldPath = []): readonly string[] {
  const isElement = path.length >= 2 && 'key' in (path.at(-1) ?? {});
  const list = path.at(-2);
  // A variable is judged whole: the value by the name beside it, and a reference is none.
  const isVariable = isElement && list !== undefined && 'field' in list && list.field === 'env';
  const isTexts = isJsonArray(value) && value.every((entry) => typeof entry === 'string');
  if (isVariable || isTexts || typeof value !== 'object' || value === null)
    return maskValue(kind, path, value) instanceof Secret ? [printPath(path)] : [];
  if (isJsonArray(value))
    return value.flatMap((entry, index) =>
      secretsIn(kind, entry, [...path, { key: { name: stringAt(entry, 'name') ?? index } }]),
    );
  return Object.entries(value).flatMap(([field, entry]) => secretsIn(kind, entry, [...path, { field }]));
}
