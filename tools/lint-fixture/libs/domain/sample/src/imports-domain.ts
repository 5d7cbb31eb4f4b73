// accepted
import * as other from '@tollkeeper/kernel';

export { other };
