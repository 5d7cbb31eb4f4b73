// refused: @typescript-eslint/no-explicit-any @typescript-eslint/no-non-null-assertion
export const first = (list: any[] | undefined) => list![0];
