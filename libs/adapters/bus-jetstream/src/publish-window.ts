interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/**
 * Bounds what is published and not yet acknowledged, in the order of arrival: what waits here is held by its caller, not by
 * the connection.
 */
export class PublishWindow {
  private bytes = 0;
  private count = 0;
  private readonly queue: Waiting[] = [];

  constructor(
    private readonly maxBytes: number,
    private readonly maxCount: number,
  ) {}

  /** Starts at once, or when those before have left and there is room; what is larger than the window passes alone. */
  enter(bytes: number, start: () => void): void {
    if (this.queue.length === 0 && this.hasRoom(bytes)) this.admit({ bytes, start });
    else this.queue.push({ bytes, start });
  }

  leave(bytes: number): void {
    this.bytes -= bytes;
    this.count--;
    for (let next = this.queue[0]; next && this.hasRoom(next.bytes); next = this.queue[0]) {
      this.queue.shift();
      this.admit(next);
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.count === 0 || (this.count < this.maxCount && this.bytes + bytes <= this.maxBytes);
  }

  private admit({ bytes, start }: Waiting): void {
    this.bytes += bytes;
    this.count++;
    start();
  }
}
