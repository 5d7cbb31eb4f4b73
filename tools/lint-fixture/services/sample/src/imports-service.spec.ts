// refused: @nx/enforce-module-boundaries
import * as other from '@tollkeeper/rating-service';

export { other };
