import { type Failure, type FailureReason, failure } from '../core/failure.ts';

/** Carries a failure out of nested fetching code; caught by `attempt` at each entry of the room. */
export class Trouble extends Error {
  readonly failure: Failure;
  /** Another try in a moment may go better. */
  readonly again: boolean;
  /** What the server asked us to wait before another try. Milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** `WWW-Authenticate` of a 401. */
  readonly challenge: string | undefined;
  constructor(value: Failure, again = false, retryAfterMs?: number, challenge?: string) {
    super(value.message);
    this.failure = value;
    this.again = again;
    this.retryAfterMs = retryAfterMs;
    this.challenge = challenge;
  }
}

/** A trouble that the objects alone decide: it stays until they change. */
export function trouble(reason: FailureReason, message: string, hint?: string): Trouble {
  return new Trouble(failure(reason, message, hint === undefined ? {} : { hint }));
}

/** A trouble that the world decides: never kept as a record. */
export function worldTrouble(reason: FailureReason, message: string, hint?: string): Trouble {
  return new Trouble(failure(reason, message, { transient: true, ...(hint === undefined ? {} : { hint }) }));
}

/** A URL as it may be shown: no user, no password, no signature in its query. */
export function showUrl(url: string | URL): string {
  const text = String(url);
  if (!URL.canParse(text)) return text.replace(/\/\/[^/@]*@/, '//');
  const shown = new URL(text);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  shown.hash = '';
  return shown.href;
}
