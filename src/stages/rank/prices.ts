import * as z from 'zod';
import { keysOf } from '../../domain/keys-of.ts';

const GIB = 2 ** 30;
const MICRO = 1e6;
const HOURS_PER_MONTH = 730;

/** What one pod reserves and its claims ask for. */
export interface Reserved {
  readonly cpuCores: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  readonly storageGib: number;
}

/** One line of a bill. */
interface Priced {
  /** What the price is of, for people. */
  readonly of: string;
  /** Micro-dollars an hour in the default table. */
  readonly usual: number;
  /** How many of it a pod reserves. */
  readonly amount: (reserved: Reserved) => number;
}

/**
 * What costs are added up of. The prices are OpenCost's `configs/default.json`: list prices of GCP us-central1, US dollars an
 * hour (storage: $0.04 a GiB-month). A bill that is lower by a discount is lower by the same share in every line.
 */
const PRICED = {
  cpuCoreHour: { of: 'a CPU core', usual: 31_611, amount: ({ cpuCores }) => cpuCores },
  memoryGibHour: { of: 'a GiB of memory', usual: 4_237, amount: ({ memoryBytes }) => memoryBytes / GIB },
  gpuHour: { of: 'a GPU', usual: 950_000, amount: ({ gpus }) => gpus },
  storageGibHour: { of: 'a GiB of storage', usual: 54.79452, amount: ({ storageGib }) => storageGib },
} satisfies Readonly<Record<string, Priced>>;

type PriceName = keyof typeof PRICED;
const NAMES = keysOf(PRICED);

/** Prices in micro-dollars an hour, mostly integers, so that sums hardly depend on their order. */
export type PriceTable = Readonly<Record<PriceName, number>> & {
  /** As the report says it; another one wherever a price is another. */
  readonly name: string;
};

function tableOf(name: string, price: (of: PriceName) => number): PriceTable {
  // Every name of the table has its price.
  return { name, ...Object.fromEntries(NAMES.map((of) => [of, price(of)])) } as PriceTable;
}

export const DEFAULT_PRICES: PriceTable = tableOf(
  'opencost-default (GCP us-central1 list prices, requests only)',
  (of) => PRICED[of].usual,
);

/** US dollars a month for as many pods, rounded to cents. */
export function monthlyUsd(pods: number, reserved: Reserved, prices: PriceTable): number {
  const anHour = NAMES.reduce((sum, of) => sum + PRICED[of].amount(reserved) * prices[of], 0);
  return Math.round((pods * anHour * HOURS_PER_MONTH) / 1e4) / 100;
}

const MOST_USD = 100_000;
const dollarsAnHour = (of: string): z.ZodType<number> =>
  z
    .number(`must be US dollars an hour for ${of}, as a number`)
    .min(0, 'is negative')
    .max(MOST_USD, `is above ${MOST_USD} dollars an hour`);

/** A file of prices: a name, and for each line the US dollars an hour. None is left out: half a bill is a wrong one. */
export const pricesSchema: z.ZodType<PriceTable> = z
  .strictObject({
    name: z
      .string('must be a name that the report shows')
      .trim()
      .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]{1,80}$/u, 'must be one line of up to 80 characters'),
    ...(Object.fromEntries(NAMES.map((of) => [of, dollarsAnHour(PRICED[of].of)])) as Record<PriceName, z.ZodType<number>>),
  })
  .transform(({ name, ...prices }) => {
    // The prices are part of the name: costs of an older report are compared only where these are the same.
    const used = NAMES.map((of) => `${PRICED[of].of} ${prices[of]}`).join(', ');
    // Twelve digits: 0.031611 dollars are 31611 micro-dollars, and no rest.
    return tableOf(`${name} (US dollars an hour: ${used})`, (of) => Number((prices[of] * MICRO).toPrecision(12)));
  });

/** What a file of prices must say, as a remedy. */
export const PRICES_REMEDY = `Give it a name, and US dollars an hour as ${NAMES.slice(0, -1).join(', ')} and ${NAMES.at(-1)}.`;
