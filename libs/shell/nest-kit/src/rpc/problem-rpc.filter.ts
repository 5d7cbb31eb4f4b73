import { Catch, Logger, type RpcExceptionFilter } from '@nestjs/common';
import { isProblemCode, Problem } from '@tollkeeper/kernel';
import { ActorUnreachable, BusFull, CursorInvalid, StoreUnavailable } from '@tollkeeper/ports';
import { type Observable, throwError } from 'rxjs';

/** Lets problems pass between services whole; anything else is a bug: logged here, told to the caller as `internal`. */
@Catch()
export class ProblemRpcFilter implements RpcExceptionFilter<unknown> {
  private readonly logger = new Logger('rpc');

  catch(error: unknown): Observable<never> {
    if (toProblem(error).code === 'internal') this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return throwError(() => toProblem(error));
  }
}

/** The problem that an error from a service is, also after it travelled as plain JSON. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const failed = fromPortError(error);
  if (failed) return failed;
  if (typeof error === 'object' && error !== null && 'code' in error && 'detail' in error) {
    const { code, detail } = error;
    const extra = 'extra' in error && typeof error.extra === 'object' && error.extra !== null ? error.extra : {};
    if (typeof code === 'string' && isProblemCode(code) && typeof detail === 'string') return new Problem(code, detail, { ...extra });
  }
  return new Problem('internal', 'Something went wrong on our side; try again, and tell the operator the request id if it stays so.');
}

/** What the ports may fail with is no bug: the engine below is full or away, or a cursor was made up. */
function fromPortError(error: unknown): Problem | undefined {
  if (error instanceof CursorInvalid) {
    return new Problem('invalid_request', 'That cursor was not given out by this list; leave it away to start over.', { param: 'cursor' });
  }
  if (error instanceof BusFull) {
    return new Problem('unavailable', 'The platform takes no more until it has worked off what it has; send this again later.', { retryAfterS: error.retryAfterS });
  }
  if (error instanceof StoreUnavailable || error instanceof ActorUnreachable) {
    return new Problem('unavailable', 'The store cannot be reached or written now; nothing that was acknowledged is lost. Send this again later.', { retryAfterS: 2 });
  }
  return undefined;
}
