/** Thrown inside the engine, caught at its entry. `message` is Go's text. */
export class EnvsubstError extends Error {
  readonly limit: boolean;
  constructor(message: string, limit = false) {
    super(message);
    this.limit = limit;
  }
}
