import type { Terminal, Writer } from './terminal.js';

/** The terminal of this process. */
export function processTerminal(interrupted: AbortSignal): Terminal {
  return {
    out: writerOn(process.stdout),
    err: writerOn(process.stderr),
    input: process.stdin,
    bars: process.stderr.isTTY ? process.stderr : undefined,
    env: process.env,
    folder: process.cwd(),
    timers: {
      after(delayMs, work) {
        const timer = setTimeout(work, delayMs);
        return () => clearTimeout(timer);
      },
    },
    interrupted,
  };
}

function writerOn(stream: NodeJS.WriteStream): Writer {
  return {
    write: (content) => new Promise((resolve, reject) => void stream.write(content, (error) => (error ? reject(error) : resolve()))),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
  };
}
