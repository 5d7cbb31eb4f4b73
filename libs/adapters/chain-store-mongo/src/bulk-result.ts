import { MongoBulkWriteError, type WriteError } from 'mongodb';

/** What became of one document of a bulk insert. */
export type Insertion = 'inserted' | 'duplicate' | 'untried' | { readonly refused: string };

const duplicateKey = 11_000;

/**
 * What a bulk insert tells for certain about each of its documents; undefined when it does not account for all of them
 * (the connection broke, the write did not reach a majority in time): then nothing is known about any.
 */
export function insertions(error: unknown, count: number, ordered: boolean): readonly Insertion[] | undefined {
  if (!(error instanceof MongoBulkWriteError)) return undefined;
  const { result } = error;
  const errors = result.getWriteErrors();
  const [first] = errors;
  if (!first || result.getWriteConcernError()) return undefined;
  if (ordered) {
    if (errors.length !== 1 || result.insertedCount !== first.index) return undefined;
    return Array.from({ length: count }, (_, i) => (i < first.index ? 'inserted' : i === first.index ? outcomeOf(first) : 'untried'));
  }
  const failed = new Map(errors.map((one) => [one.index, outcomeOf(one)]));
  if (failed.size !== errors.length || result.insertedCount + failed.size !== count) return undefined;
  return Array.from({ length: count }, (_, i) => failed.get(i) ?? 'inserted');
}

function outcomeOf(error: WriteError): Insertion {
  return error.code === duplicateKey ? 'duplicate' : { refused: error.errmsg ?? `error ${error.code}` };
}
