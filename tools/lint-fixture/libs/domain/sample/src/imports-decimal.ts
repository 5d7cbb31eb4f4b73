// refused: no-restricted-imports
import * as other from 'decimal.js';

export { other };
