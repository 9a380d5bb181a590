/** The page asked for what cannot be; answered as a `ClientError`. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 404 | 413;
  readonly field: string | undefined;

  constructor(status: Refusal["status"], message: string, field?: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.field = field;
  }
}
