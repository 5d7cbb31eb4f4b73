// accepted
import * as other from '@tollkeeper/chain-store-level';
import * as shared from '@tollkeeper/cluster';

export { other, shared };
