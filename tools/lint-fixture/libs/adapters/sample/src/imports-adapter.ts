// refused: @nx/enforce-module-boundaries
import * as other from '@tollkeeper/bus-local';

export { other };
