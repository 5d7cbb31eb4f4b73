// refused: no-restricted-imports
import * as other from 'node:fs';

export { other };
