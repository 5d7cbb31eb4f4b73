/** The code of an error of the system, such as ENOENT or Z_DATA_ERROR; empty when it has none. */
export function errorCodeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
