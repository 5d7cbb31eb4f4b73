// accepted
import * as other from 'decimal.js';

export { other };
