// accepted
import * as other from '@tollkeeper/ports';

export { other };
