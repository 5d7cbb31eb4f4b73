import { type Counter, type Histogram, metrics, type MetricOptions } from '@opentelemetry/api';

const scope = 'tollkeeper';

/** Counts what happens; does nothing while telemetry is off. Made after the composition turned telemetry on, so in constructors. */
export function counter(name: string, options: MetricOptions): Counter {
  return metrics.getMeter(scope).createCounter(name, options);
}

export function histogram(name: string, options: MetricOptions): Histogram {
  return metrics.getMeter(scope).createHistogram(name, options);
}

/** Has a value read whenever metrics are exported; a value that cannot be read is left out. Calling the result ends it. */
export function gauge(name: string, options: MetricOptions, read: () => number | Promise<number>): () => void {
  const observed = metrics.getMeter(scope).createObservableGauge(name, options);
  const observe: Parameters<typeof observed.addCallback>[0] = async (result) => {
    try {
      result.observe(await read());
    } catch {
      // Where it cannot be read, the readiness of the process says why.
    }
  };
  observed.addCallback(observe);
  return () => observed.removeCallback(observe);
}
