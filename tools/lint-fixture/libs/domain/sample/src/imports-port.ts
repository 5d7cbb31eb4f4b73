// refused: @nx/enforce-module-boundaries
import * as other from '@tollkeeper/ports';

export { other };
