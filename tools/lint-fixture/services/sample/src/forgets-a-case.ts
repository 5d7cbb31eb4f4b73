// refused: @typescript-eslint/switch-exhaustiveness-check
export function sign(side: 'debit' | 'credit'): number {
  switch (side) {
    case 'debit':
      return 1;
  }
  return -1;
}
