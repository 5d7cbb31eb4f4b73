import { Catch, Logger, type RpcExceptionFilter } from '@nestjs/common';
import { isProblemCode, Problem } from '@tollkeeper/kernel';
import { type Observable, throwError } from 'rxjs';

/** Lets problems pass between services whole; anything else is a bug: logged here, told to the caller as `internal`. */
@Catch()
export class ProblemRpcFilter implements RpcExceptionFilter<unknown> {
  private readonly logger = new Logger('rpc');

  catch(error: unknown): Observable<never> {
    if (!(error instanceof Problem)) this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return throwError(() => toProblem(error));
  }
}

/** The problem that an error from a service is, also after it travelled as plain JSON. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (typeof error === 'object' && error !== null && 'code' in error && 'detail' in error) {
    const { code, detail } = error;
    const extra = 'extra' in error && typeof error.extra === 'object' && error.extra !== null ? error.extra : {};
    if (typeof code === 'string' && isProblemCode(code) && typeof detail === 'string') return new Problem(code, detail, { ...extra });
  }
  return new Problem('internal', 'Something went wrong on our side; try again, and tell the operator the request id if it stays so.');
}
