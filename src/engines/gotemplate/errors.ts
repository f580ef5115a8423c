/** An error that a Go function returned or panicked with; becomes `error calling NAME: …` at the call. Private to the room. */
export class GoError extends Error {
  /** Set where the error wraps another whose text is a part of it (`%w`). */
  readonly wrapped: GoError | undefined;
  constructor(message: string, wrapped?: GoError) {
    super(message);
    this.wrapped = wrapped;
  }
}

/** text/template's ExecError: a whole message with its place. Private to the room. */
export class ExecError extends GoError {}

/** A panic that Go's template package does not turn into an error; Helm reports it as `rendering template failed`. */
export class GoPanic extends GoError {}

/** A bound of this engine was met (steps, output size), which Go would not have stopped at. */
export class LimitError extends GoError {}
