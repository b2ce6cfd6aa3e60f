/** A file as a commit that changed it left it. */
export interface FileVersion {
  /** Full id. */
  readonly commit: string;
  /** The commits below that left it another, as far as they were read; the first is the branch that was committed to. */
  readonly parents: readonly string[];
  readonly name: string;
  readonly email: string;
  /** RFC 3339, of the author's clock. */
  readonly time: string;
  /** Empty where the commit took the file away. */
  readonly text: string;
  /** The history before it was not read: what it holds may be older. */
  readonly isOldestRead: boolean;
}

export interface FileHistory {
  /** Each one before its parents; the first one is the present file. */
  readonly versions: readonly FileVersion[];
  /** All that was committed since the last report was read, or more than is committed between two passes. */
  readonly isSinceReport: boolean;
}
