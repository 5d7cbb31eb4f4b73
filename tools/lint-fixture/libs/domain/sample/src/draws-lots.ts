// refused: no-restricted-properties
export const lot = () => Math.random();
