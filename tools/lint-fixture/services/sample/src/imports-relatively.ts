// refused: @nx/enforce-module-boundaries
import * as other from '../../../libs/domain/sample/src/imports-domain.js';

export { other };
