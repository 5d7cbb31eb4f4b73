// accepted
import * as other from '@tollkeeper/api-client';

export { other };
