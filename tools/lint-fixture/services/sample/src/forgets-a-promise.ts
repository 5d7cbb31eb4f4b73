// refused: @typescript-eslint/no-floating-promises
export function send(write: () => Promise<void>): void {
  write();
}
