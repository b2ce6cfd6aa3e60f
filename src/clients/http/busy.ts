/** Whether a status says that the server cannot answer now (RFC 6585 and RFC 9110, 15.6): the same request may succeed later. */
export function isBusy(status: number): boolean {
  return status === 429 || status >= 500;
}
