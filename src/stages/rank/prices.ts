/** Prices in micro-dollars an hour, as integers, so that sums do not depend on their order. */
export interface PriceTable {
  readonly name: string;
  readonly cpuCoreHour: number;
  readonly memoryGibHour: number;
  readonly gpuHour: number;
  readonly storageGibHour: number;
}

/**
 * OpenCost's `configs/default.json`: list prices of GCP us-central1, US dollars an hour (storage: $0.04 a GiB-month).
 * A bill that is lower by a discount is lower by the same share in every line.
 */
export const DEFAULT_PRICES: PriceTable = {
  name: 'opencost-default (GCP us-central1 list prices, requests only)',
  cpuCoreHour: 31_611,
  memoryGibHour: 4_237,
  gpuHour: 950_000,
  storageGibHour: 54.79452,
};

export const HOURS_PER_MONTH = 730;
