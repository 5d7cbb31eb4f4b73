// accepted
import * as other from '@tollkeeper/chain-kit';

export { other };
