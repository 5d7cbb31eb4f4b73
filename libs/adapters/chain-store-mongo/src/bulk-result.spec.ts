import { describe, expect, it } from '@jest/globals';
import { MongoBulkWriteError, MongoNetworkError, type BulkWriteResult } from 'mongodb';
import { insertions } from './bulk-result.js';

/** An error as the driver makes it: the places of failed documents with their codes, and how many were inserted. */
function bulkError(insertedCount: number, failed: Readonly<Record<number, number>>, writeConcernError?: object): MongoBulkWriteError {
  const writeErrors = Object.entries(failed).map(([index, code]) => ({ index: Number(index), code, errmsg: `failed with ${code}` }));
  const result = { insertedCount, getWriteErrors: () => writeErrors, getWriteConcernError: () => writeConcernError };
  return new MongoBulkWriteError({ message: 'failed', code: 1 }, result as unknown as BulkWriteResult);
}

describe('what a failed bulk insert tells', () => {
  it('is certain about each document when all are accounted for', () => {
    expect(insertions(bulkError(2, { 1: 11_000 }), 3, false)).toEqual(['inserted', 'duplicate', 'inserted']);
    expect(insertions(bulkError(1, { 0: 11_000, 2: 121 }), 3, false)).toEqual(['duplicate', 'inserted', { refused: 'failed with 121' }]);
    expect(insertions(bulkError(1, { 1: 11_000 }), 3, true)).toEqual(['inserted', 'duplicate', 'untried']);
  });

  it('is nothing when some are not: the answer to a part of them never came', () => {
    expect(insertions(bulkError(1, { 1: 11_000 }), 3, false)).toBeUndefined();
    expect(insertions(bulkError(0, { 1: 11_000 }), 3, true)).toBeUndefined();
    expect(insertions(bulkError(0, {}), 3, false)).toBeUndefined();
  });

  it('is nothing when a majority may not have them, or when the connection broke', () => {
    expect(insertions(bulkError(2, { 1: 11_000 }, { code: 64 }), 3, false)).toBeUndefined();
    expect(insertions(bulkError(3, {}, { code: 64 }), 3, false)).toBeUndefined();
    expect(insertions(new MongoNetworkError('closed'), 3, false)).toBeUndefined();
  });
});
