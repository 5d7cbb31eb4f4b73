// accepted
import * as other from '@tollkeeper/data-folder';

export { other };
