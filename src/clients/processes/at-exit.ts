/** What is still to be undone where the process ends before whoever began it could. */
const undone = new Set<() => void>();

/** Has this done, synchronously, when the process ends in whatever way it hears of; the answer takes it back. */
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
