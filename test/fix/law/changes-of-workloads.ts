import type { Dice } from './dice.ts';
import type { Change, Metadata, Texts, Workload } from './workload.ts';

const STRATEGIES: Readonly<Record<string, string>> = { Recreate: 'RollingUpdate', OnDelete: 'RollingUpdate' };

function changeTexts(
  metadata: Metadata,
  field: 'labels' | 'annotations',
  dice: Dice,
  value: string,
  kept: readonly string[],
): void {
  const texts: Texts = { ...metadata[field] };
  const own = Object.keys(texts).filter((key) => key.startsWith('example.com/') || (key === 'team' && !kept.includes(key)));
  const key = dice.pick(own);
  if (key !== undefined && dice.isLucky(0.6)) {
    if (dice.isLucky(0.5)) texts[key] = value;
    else delete texts[key];
  } else texts[`example.com/added-${dice.number(3)}`] = value;
  metadata[field] = texts;
}

/** A label is a short text of few characters. */
function labelOf(dice: Dice): string {
  return dice.oneOf('', 'a', 'B.c_d-1', '1e3', 'true');
}

const metadataOf = (draft: Workload, dice: Dice): Metadata => (dice.isLucky(0.5) ? draft.metadata : draft.spec.template.metadata);

export const WORKLOAD_CHANGES: readonly Change[] = [
  {
    name: 'strategy swapped',
    make: ({ kind, spec }, dice) => {
      const field = kind === 'Deployment' ? 'strategy' : 'updateStrategy';
      const type = STRATEGIES[spec[field]?.type ?? ''] ?? (kind === 'Deployment' ? 'Recreate' : 'OnDelete');
      const isCounted = type === 'RollingUpdate' && dice.isLucky(0.5);
      const rollingUpdate = kind === 'StatefulSet' ? { partition: 3 } : { maxUnavailable: 2 };
      spec[field] = { type, ...(isCounted ? { rollingUpdate } : {}) };
      return true;
    },
  },
  {
    name: 'rolling update changed',
    make: ({ kind, spec }, dice) => {
      const field = kind === 'Deployment' ? 'strategy' : 'updateStrategy';
      if (spec[field]?.type !== 'RollingUpdate') return false;
      const numbers = dice.oneOf({ maxUnavailable: 1 }, { maxUnavailable: '30%' });
      spec[field] = { type: 'RollingUpdate', rollingUpdate: kind === 'StatefulSet' ? { partition: 5 } : numbers };
      return true;
    },
  },
  {
    name: 'labels changed',
    make: (draft, dice) => {
      changeTexts(metadataOf(draft, dice), 'labels', dice, labelOf(dice), []);
      return true;
    },
  },
  {
    name: 'annotations changed',
    make: (draft, dice) => {
      changeTexts(metadataOf(draft, dice), 'annotations', dice, dice.text(), []);
      return true;
    },
  },
  {
    name: 'replicas changed',
    make: ({ spec }, dice) => {
      if (spec.replicas === undefined) return false;
      spec.replicas = dice.oneOf(0, 2, 4);
      return true;
    },
  },
  {
    name: 'rollout numbers changed',
    make: ({ spec }, dice) => {
      spec.minReadySeconds = 10 + dice.number(9);
      spec.revisionHistoryLimit = dice.oneOf(0, 1, 7);
      return true;
    },
  },
  {
    name: 'paused or resumed',
    make: ({ kind, spec }) => {
      if (kind !== 'Deployment' || spec.paused === true) return false;
      spec.paused = true;
      return true;
    },
  },
];
