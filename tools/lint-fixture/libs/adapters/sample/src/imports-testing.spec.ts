// accepted
import * as other from '@tollkeeper/testing';

export { other };
