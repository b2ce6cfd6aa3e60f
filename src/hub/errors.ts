/** Statuses that the hub answers besides 200 and 207 (reference, section 1.2). */
export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 412 | 413 | 415 | 422 | 500 | 501;

/** A request that the hub refuses: the message goes to the client as it is, so it names the thing and the way out. */
export class HubError extends Error {
  readonly status: ErrorStatus;
  /** The entity that it happened to, for the per-item errors of bulk answers. */
  readonly subject: { readonly type: string; readonly id: string } | undefined;

  constructor(status: ErrorStatus, message: string, subject?: { readonly type: string; readonly id: string }) {
    super(message);
    this.name = 'HubError';
    this.status = status;
    this.subject = subject;
  }
}

export function badRequest(message: string): HubError {
  return new HubError(400, message);
}

export function notFound(entity: string, name: string): HubError {
  return new HubError(404, `${entity} ${name} not found`);
}

/** An error for a part of ConfigHub's API that this server does not have. */
export function notSupported(what: string): HubError {
  return new HubError(501, `${what} is not supported by the embedded ConfigHub`);
}

/** The message where the answer's shape wants one; anything but a `HubError` is a bug, whose text stays in the log. */
export function publicError(error: unknown): HubError {
  return error instanceof HubError ? error : new HubError(500, 'internal error');
}

const categories: Readonly<Record<ErrorStatus, string>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  412: 'conflict',
  413: 'invalid',
  415: 'invalid',
  422: 'gated',
  500: 'internal',
  501: 'not_supported',
};

export function errorCategory(status: ErrorStatus): string {
  return categories[status];
}
