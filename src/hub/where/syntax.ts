/** `Labels.app` as its segments; a quoted segment (`Annotations.'a.b/c'`) keeps its dots. */
export type Path = readonly string[];

/** The left side of a term: an attribute, or the number of entries of one. */
export interface Subject {
  readonly path: Path;
  readonly length: boolean;
  /** Offset in the text, for error messages. */
  readonly position: number;
}

export type Literal =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean };

export type Operand = Literal | { readonly kind: 'attribute'; readonly path: Path; readonly position: number };

export const comparisonOperators = [
  '=',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  'LIKE',
  'NOT LIKE',
  'ILIKE',
  'NOT ILIKE',
  '~',
  '~*',
  '!~',
  '!~*',
] as const;
export type ComparisonOperator = (typeof comparisonOperators)[number];

export type Term =
  | {
      readonly kind: 'comparison';
      readonly subject: Subject;
      readonly operator: ComparisonOperator;
      readonly operand: Operand;
      /** `IS NOT FALSE`: an absent value satisfies the term. */
      readonly orAbsent: boolean;
    }
  | {
      readonly kind: 'in';
      readonly subject: Subject;
      readonly negated: boolean;
      readonly values: readonly Literal[];
      readonly orAbsent: boolean;
    }
  | { readonly kind: 'null'; readonly subject: Subject; readonly negated: boolean }
  | { readonly kind: 'member'; readonly subject: Subject; readonly value: Literal };

/** Terms that must all hold (reference, section 3.1: AND is the only connector). */
export type Where = readonly Term[];
