// refused: no-restricted-globals
export const region = () => process.env['REGION'];
