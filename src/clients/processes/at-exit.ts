/** Clean-up that is due if the process ends before the code that registered it. */
const undone = new Set<() => void>();

/** Runs this synchronously when the process ends in any way that Node reports; the returned function cancels it. */
export function atExit(undo: () => void): () => void {
  if (undone.size === 0) process.once('exit', undoAll);
  undone.add(undo);
  return () => {
    undone.delete(undo);
    if (undone.size === 0) process.off('exit', undoAll);
  };
}

function undoAll(): void {
  for (const undo of undone) {
    try {
      undo();
    } catch {
      // The others are undone all the same.
    }
  }
}
