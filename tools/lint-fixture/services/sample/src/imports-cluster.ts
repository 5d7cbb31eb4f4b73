// refused: @nx/enforce-module-boundaries
import * as other from '@tollkeeper/cluster';

export { other };
