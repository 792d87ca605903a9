/** What the server says when it refuses: `name` as the API models it. Nothing was said when `status` is 0. */
export class ApiError extends Error {
  constructor(
    name: string,
    message: string,
    readonly status: number,
    readonly fields: { name: string; message: string }[] = [],
    /** Seconds, of one that says so. */
    readonly retryAfter = 0,
  ) {
    super(message);
    this.name = name;
  }
}
