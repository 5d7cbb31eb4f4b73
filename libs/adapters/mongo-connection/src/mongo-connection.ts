import { StoreUnavailable } from '@tollkeeper/ports';
import { MongoBulkWriteError, MongoClient, MongoError, type Db, type IndexDescription } from 'mongodb';
import { setTimeout as pause } from 'node:timers/promises';

export interface MongoConnectionOptions {
  /** `mongodb://` or `mongodb+srv://`, with credentials and TLS as the driver takes them. What must hold for the stores to be right is set here, whatever the address says. */
  readonly url: string;
  /** Belongs to one installation. */
  readonly database: string;
  /** Shown in the server's logs and in `currentOp`. Default `tollkeeper`. */
  readonly appName?: string;
  /** How long the server may take to be found, to answer, and to bring a write to a majority. Default 10,000. */
  readonly timeoutMs?: number;
  /** How long a command that was sent may take, where that is another time: an upgrade job waits for index builds. Default `timeoutMs`. */
  readonly answerTimeoutMs?: number;
  /** Connections at most. Default 24. */
  readonly maxConnections?: number;
}

/** The server answers, but is none on which the promises of the stores hold. The message says how to mend it. */
export class MongoUnsuitable extends Error {
  override readonly name = 'MongoUnsuitable';
}

const defaultTimeoutMs = 10_000;
const goodbyeMs = 1_000;
export const defaultConnections = 24;
/** Wire version of MongoDB 7.0. */
const leastWireVersion = 21;

/** A client whose reads and writes all go through majorities: what was read or acknowledged is never rolled back. */
export class MongoConnection {
  readonly db: Db;

  private constructor(
    private readonly client: MongoClient,
    database: string,
    readonly timeoutMs: number,
    private readonly longestMs: number,
  ) {
    this.db = client.db(database);
  }

  /** @throws StoreUnavailable, MongoUnsuitable */
  static async open(options: MongoConnectionOptions): Promise<MongoConnection> {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    const longestMs = timeoutMs + (options.answerTimeoutMs ?? timeoutMs);
    const connection = new MongoConnection(toClient(options, timeoutMs), options.database, timeoutMs, longestMs);
    try {
      await connection.run('be opened', async () => requireSuitable(await connection.db.command({ hello: 1 })));
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /**
   * Runs work against the server; what the driver or the server refuses becomes `StoreUnavailable` with its reason.
   * @param what completes "MongoDB … could not": `append entries`.
   */
  async run<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await this.inTime(work());
    } catch (error) {
      throw this.unavailable(what, error);
    }
  }

  /**
   * What the driver says, or an error of its kind when it says nothing for much longer than it may: a command whose connection
   * breaks at the moment at which it is sent never ends by itself, whatever socketTimeoutMS says (driver 7, seen with a killed server).
   */
  async inTime<T>(work: Promise<T>): Promise<T> {
    const answered = new AbortController();
    const silence = pause(this.longestMs, undefined, { signal: answered.signal }).then(
      () => Promise.reject(new MongoError(`the driver gave no answer in ${this.longestMs} ms`)),
      () => work,
    );
    try {
      return await Promise.race([work, silence]);
    } finally {
      answered.abort();
    }
  }

  /** What to throw for an error of the driver; any other error is itself. */
  unavailable(what: string, error: unknown): unknown {
    if (!(error instanceof MongoError)) return error;
    const hosts = this.client.options.hosts.map((host) => host.toString()).join(',');
    return new StoreUnavailable(`MongoDB at ${hosts}, database ${this.db.databaseName}, could not ${what}: ${reasonOf(error)}`, { cause: error });
  }

  /**
   * Makes the indexes that are missing, and resolves when all stand; takes a moment when they do already. A build that
   * takes longer than an answer may is not broken off: the server goes on, and the next call waits for the same one.
   */
  async makeIndexes(collection: string, indexes: readonly IndexDescription[]): Promise<void> {
    if (indexes.length === 0) return;
    await this.run(`make the indexes of ${collection}`, async () => {
      await this.db.collection(collection).createIndexes([...indexes]);
    });
  }

  /** Tells the server goodbye, and does not wait long for one that is not there. */
  async close(): Promise<void> {
    const waiting = new AbortController();
    const goodbye = this.client.close().finally(() => waiting.abort());
    await Promise.race([goodbye, pause(goodbyeMs, undefined, { signal: waiting.signal }).catch(() => undefined)]);
  }
}

function toClient(options: MongoConnectionOptions, timeoutMs: number): MongoClient {
  const { url, appName = 'tollkeeper', maxConnections = defaultConnections, answerTimeoutMs = timeoutMs } = options;
  return new MongoClient(url, {
    appName,
    maxPoolSize: maxConnections,
    connectTimeoutMS: timeoutMs,
    serverSelectionTimeoutMS: timeoutMs,
    // A server that is stopped but not gone keeps its connections open: only this ends the wait for its answer.
    socketTimeoutMS: answerTimeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: answerTimeoutMs },
    retryReads: true,
    retryWrites: true,
    ignoreUndefined: true,
    promoteBuffers: true,
  });
}

function requireSuitable(hello: Readonly<Record<string, unknown>>): void {
  if (typeof hello['maxWireVersion'] !== 'number' || hello['maxWireVersion'] < leastWireVersion) {
    throw new MongoUnsuitable(`MongoDB 7.0 or newer is needed; the server speaks wire version ${String(hello['maxWireVersion'])}, below ${leastWireVersion}`);
  }
  if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid') {
    throw new MongoUnsuitable('a replica set is needed, be it of one member: start mongod with --replSet and call rs.initiate(); the server stands alone');
  }
}

/** The driver wraps the reason of a bulk write that never got its answer. */
function reasonOf(error: MongoError): string {
  const inner = error instanceof MongoBulkWriteError ? error.cause : undefined;
  return `${error.message}${inner instanceof Error && inner.message !== error.message ? ` (${inner.message})` : ''}`;
}
