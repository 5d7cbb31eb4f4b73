// accepted
import * as other from '@tollkeeper/rating-service';

export { other };
