import { DEFAULT_PRICES, PRICES_REMEDY, type PriceTable, pricesSchema } from '../stages/rank/rank.ts';
import type { Config } from './config.ts';
import { readSettingsFile } from './settings-file.ts';

/** The prices that DRIFT_PRICES names; list prices without a file. */
export async function readPrices(
  { prices: path, maxFileMb: maxMb }: Pick<Config, 'prices' | 'maxFileMb'>,
  signal: AbortSignal,
): Promise<PriceTable> {
  if (path === '') return DEFAULT_PRICES;
  const facts = { option: 'DRIFT_PRICES', what: 'prices', schema: pricesSchema, remedy: PRICES_REMEDY };
  return await readSettingsFile({ path, ...facts, maxMb, signal });
}
