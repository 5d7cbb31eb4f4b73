/** What the variables of the OpenTelemetry specification say; the exporters read further ones (headers, timeouts, compression) themselves. */
export interface TelemetrySettings {
  /** Part of the traces that begin here and are recorded, 0 to 1. A trace that began elsewhere is recorded when it is there. */
  readonly sampledRatio: number;
  readonly spansEveryMs: number;
  readonly metricsEveryMs: number;
}

/** A variable that cannot be used; the text names it and says how to mend it. */
export class TelemetrySettingsError extends Error {
  override readonly name = 'TelemetrySettingsError';
}

type Environment = Readonly<Record<string, string | undefined>>;

const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/**
 * Undefined, which means off, unless OTEL_EXPORTER_OTLP_ENDPOINT names a collector. OTEL_SDK_DISABLED=true turns it off again.
 * @throws TelemetrySettingsError
 */
export function readTelemetrySettings(env: Environment): TelemetrySettings | undefined {
  const address = env[endpoint];
  if (address === undefined || address === '' || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  if (!/^https?:\/\/\S+$/.test(address) || !URL.canParse(address)) {
    throw new TelemetrySettingsError(`${endpoint} is no address like http://collector:4318; name the OTLP receiver for HTTP of your collector, or leave it out.`);
  }
  const protocol = env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  if (protocol !== undefined && protocol !== '' && protocol !== 'http/protobuf') {
    throw new TelemetrySettingsError('OTEL_EXPORTER_OTLP_PROTOCOL is not http/protobuf, the only one that is spoken; leave it out and use port 4318 of the collector.');
  }
  return {
    sampledRatio: sampledRatio(env),
    spansEveryMs: milliseconds(env, 'OTEL_BSP_SCHEDULE_DELAY', 5_000),
    metricsEveryMs: milliseconds(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000),
  };
}

function sampledRatio(env: Environment): number {
  const sampler = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on';
  switch (sampler.replace('parentbased_', '')) {
    case 'always_on':
      return 1;
    case 'always_off':
      return 0;
    case 'traceidratio': {
      const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] || '1');
      if (ratio >= 0 && ratio <= 1) return ratio;
      throw new TelemetrySettingsError('OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1; 0.01 records every hundredth trace.');
    }
    default:
      throw new TelemetrySettingsError('OTEL_TRACES_SAMPLER is none of parentbased_always_on, parentbased_always_off, parentbased_traceidratio; leave it out for the first.');
  }
}

function milliseconds(env: Environment, name: string, otherwise: number): number {
  const text = env[name] || String(otherwise);
  const value = Number(text);
  if (/^\d{1,7}$/.test(text) && value >= 10) return value;
  throw new TelemetrySettingsError(`${name} is not a whole number of milliseconds from 10; leave it out for ${otherwise}.`);
}
