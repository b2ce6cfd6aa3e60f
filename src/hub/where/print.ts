import type { Literal, Operand, Path, Subject, Term, Where } from './syntax.ts';

/** The text of a `where`, which `parseWhere` reads back to the same terms. */
export function printWhere(where: Where): string {
  return where.map(printTerm).join(' AND ');
}

function printTerm(term: Term): string {
  const subject = printSubject(term.subject);
  switch (term.kind) {
    case 'comparison':
      return `${subject} ${term.operator} ${printOperand(term.operand)}${term.orAbsent ? ' IS NOT FALSE' : ''}`;
    case 'in': {
      const values = term.values.map(printLiteral).join(', ');
      return `${subject} ${term.negated ? 'NOT IN' : 'IN'} (${values})${term.orAbsent ? ' IS NOT FALSE' : ''}`;
    }
    case 'null':
      return `${subject} IS ${term.negated ? 'NOT ' : ''}NULL`;
    case 'member':
      return `${subject} ? ${printLiteral(term.value)}`;
  }
}

function printSubject({ path, length }: Subject): string {
  return length ? `LEN(${printPath(path)})` : printPath(path);
}

export function printPath(path: Path): string {
  return path.map((part, index) => (index === 0 || /^[A-Za-z0-9_/-]+$/u.test(part) ? part : `'${part}'`)).join('.');
}

function printOperand(operand: Operand): string {
  return operand.kind === 'attribute' ? printPath(operand.path) : printLiteral(operand);
}

function printLiteral(literal: Literal): string {
  return literal.kind === 'string' ? `'${literal.value}'` : String(literal.value);
}
