// accepted
import * as other from '@tollkeeper/chain-store-level';

export { other };
