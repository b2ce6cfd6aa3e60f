const SUFFIX = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?[0-9]{1,3}))?$/u;
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Power of ten of each decimal suffix. */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const NANO = 9;
/** Exponents past this make no sense for a resource and would make the integer huge. */
const MAX_EXPONENT = 40;

/**
 * A Kubernetes quantity as an exact integer of nano units, rounded up as the API server rounds; `undefined` for text
 * that is none. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string | number | bigint): bigint | undefined {
  const match = SUFFIX.exec(String(text).trim());
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', binary, decimal, exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const power = NANO - fraction.length + (decimal ? (DECIMAL[decimal] ?? 0) : Number(exponent ?? 0));
  if (Math.abs(power) > MAX_EXPONENT) return undefined;
  let value = BigInt(whole + fraction);
  if (binary) value *= 1024n ** BigInt(BINARY.indexOf(binary) + 1);
  if (power >= 0) value *= 10n ** BigInt(power);
  else {
    const divisor = 10n ** BigInt(-power);
    value = (value + divisor - 1n) / divisor;
  }
  return sign === '-' ? -value : value;
}

const MILLI = 1_000_000n;

/**
 * True where both texts mean the same amount. `roundUpToMilli` is for container resources, which the API server
 * stores in thousandths (`100u` becomes `1m`, measured on 1.34).
 */
export function equalQuantities(
  desired: string | number | bigint,
  live: string | number | bigint,
  roundUpToMilli: boolean,
): boolean {
  const [left, right] = [parseQuantity(desired), parseQuantity(live)];
  if (left === undefined || right === undefined) return String(desired) === String(live);
  if (left === right) return true;
  return roundUpToMilli && ((left + MILLI - 1n) / MILLI) * MILLI === right;
}
