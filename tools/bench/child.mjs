/** Child processes of the bench: programs that are asked one thing after the other, and never outlive it. */
import { fork, spawn } from 'node:child_process';

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

function watched(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Starts a program and gives it with what it prints. */
export function start(file, args, options = {}) {
  return watched(spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options }));
}

/** A module of the bench in a process of its own, asked by messages and answering each. */
export class Helper {
  constructor(module, args = []) {
    this.child = watched(fork(module, args, { serialization: 'advanced' }));
    this.child.on('message', (message) => this.answer?.(message));
    this.child.on('exit', (code) => this.fail?.(new Error(`${module.pathname ?? module} ended with ${code}`)));
  }

  ask(message) {
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
      this.child.send(message);
    });
  }

  stop() {
    this.fail = undefined;
    this.child.kill('SIGKILL');
  }
}
