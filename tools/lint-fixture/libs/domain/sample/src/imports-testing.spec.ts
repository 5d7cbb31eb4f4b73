// refused: @nx/enforce-module-boundaries
import * as other from '@tollkeeper/testing';

export { other };
