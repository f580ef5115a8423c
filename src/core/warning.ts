/** What a user should know though nothing failed. */
export interface Warning {
  readonly message: string;
  /**
   * Set where many objects may give the same warning. Where several do, one line is told in place of theirs: `text`, with
   * `{count}` and `{names}` standing for how many they are and for their `subject`s.
   */
  readonly together?: { readonly text: string; readonly subject: string };
}

export const toWarning = (warning: string | Warning): Warning =>
  typeof warning === 'string' ? { message: warning } : warning;
