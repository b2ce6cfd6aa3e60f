/** Which values may be shown. `safe`: those that are known to be harmless. `none`: no value at all. */
export const SHOW_VALUES = ['safe', 'none'] as const;
export type ShowValues = (typeof SHOW_VALUES)[number];
