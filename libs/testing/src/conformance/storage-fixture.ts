/** One storage, opened again as often as a test likes. */
export interface StorageFixture<S> {
  /** A store on the fixture's storage; the one opened before is closed or crashed by then. */
  open(): Promise<S>;
  /** Ends what is open without a word, as near to a power cut as the adapter can be brought in one process. */
  crash?(): Promise<void>;
  /** Closes what is open and removes the storage. */
  dispose(): Promise<void>;
}
