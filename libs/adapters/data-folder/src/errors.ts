/** The folder was written by a newer release; an older one must not touch it. */
export class DataFolderTooNew extends Error {
  override readonly name = 'DataFolderTooNew';
}

/** Another process works in the folder. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
}

/** The folder holds something else, or what it holds cannot be read. */
export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable';
}
